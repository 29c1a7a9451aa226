import { describe, expect, test } from 'vitest'
import { compile, Matcher, matches, PatternError } from './index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a matcher', () => {
  test('finds fields in events of one order, of another, and after their rules have gone and come back', () => {
    const rules = [
      ['a', { a: [1] }],
      ['b', { b: { c: [2] } }],
      ['quoted', { 'q"\\': [3] }],
      ['é', { é: [4] }],
    ] as const
    const matcher = compile<string>(rules)
    const everything = ['a', 'b', 'quoted', 'é']
    const found = (text: string): string[] => matcher.match(bytes(text)).sort()
    const events = [
      '{"a":1,"b":{"x":0,"c":2},"q\\"\\\\":3,"é":4}',
      '{"é":4,"x":0,"q\\"\\\\":3,"b":{"c":2,"x":0},"a":1}',
      '{"\\u0061" :1,"\\u0062": {"\\u0063":2},"x":[],"q\\"\\\\":3,"\\u00e9":4}',
    ]
    for (let round = 0; round < 2; round += 1) {
      for (const event of events) expect(found(event)).toEqual(everything)
      for (const id of ['a', 'b', 'é']) matcher.delete(id)
      for (const event of events) expect(found(event)).toEqual(['quoted'])
      for (const [id, pattern] of rules) if (!matcher.has(id)) matcher.add(id, pattern)
    }
  })

  test('gives each id once, also when several alternatives of its rule match', () => {
    const matcher = compile([[7, { $or: [{ a: [1] }, { a: [{ exists: true }] }, { b: [2] }] }]])

    expect(matcher.match({ a: 1, b: 2 })).toEqual([7])
  })

  test('takes ids of any kind', () => {
    const id = { rule: 'x' }

    expect(compile([[id, { a: [1] }]]).match({ a: 1 })[0]).toBe(id)
  })

  test('holds rules of both dialects', () => {
    const matcher = new Matcher<string>()
    matcher.add('standard', { a: ['1'] })
    matcher.add('aliyun', { a: ['1'] }, { dialect: 'aliyun' })

    expect(matcher.match(bytes('{"a":1}'))).toEqual(['aliyun'])
    expect(matcher.match(bytes('{"a":"1"}')).sort()).toEqual(['aliyun', 'standard'])
  })

  test('takes the dialect of its options for rules that name none', () => {
    const matcher = compile(
      [
        ['own', { a: ['1'] }],
        ['other', { a: ['1'] }, { dialect: 'standard' }],
      ],
      { dialect: 'aliyun' },
    )

    expect(matcher.match({ a: 1 })).toEqual(['own'])
  })

  test('refuses a second rule of the same id and keeps the first', () => {
    const matcher = compile([['x', { a: [1] }]])

    expect(() => matcher.add('x', { a: [2] })).toThrow(
      expect.objectContaining({ code: 'pattern.duplicate-rule' }),
    )
    expect(matcher.match({ a: 1 })).toEqual(['x'])
    expect(matcher.match({ a: 2 })).toEqual([])
  })

  test('is unchanged by an invalid pattern', () => {
    const matcher = compile([['x', { a: [1] }]])

    expect(() => matcher.add('y', { a: [1], b: [] })).toThrow(PatternError)
    expect(matcher.size).toBe(1)
    expect(matcher.has('y')).toBe(false)
    expect(matcher.match({ a: 1 })).toEqual(['x'])
  })

  test('tells whether there was a rule to delete', () => {
    const matcher = compile([['x', { a: [1] }]])

    expect(matcher.delete('x')).toBe(true)
    expect(matcher.delete('x')).toBe(false)
    expect(matcher.match({ a: 1 })).toEqual([])
  })

  test('may be changed by what it found', () => {
    const matcher = compile([
      ['x', { a: [1] }],
      ['y', { a: [1] }],
    ])
    for (const id of matcher.match({ a: 1 })) matcher.delete(id)

    expect(matcher.size).toBe(0)
  })

  test('finds its rules again after an event that broke off', () => {
    const matcher = compile([['x', { a: [1], b: [2] }]])

    expect(() => matcher.match(bytes('{"a":1,"b":'))).toThrow(PatternError)
    expect(matcher.match(bytes('{"b":2}'))).toEqual([])
    expect(matcher.match(bytes('{"b":2,"a":1}'))).toEqual(['x'])
  })

  test('reads bytes that begin in the middle of a buffer', () => {
    const whole = bytes('xxx{"a":"é"}yyy')

    expect(compile([['x', { a: ['é'] }]]).match(whole.subarray(3, whole.length - 3))).toEqual(['x'])
  })

  test('knows many names in one object, of any script', () => {
    const names = Array.from({ length: 60 }, (_, index) => `näme ${index}`)
    const matcher = compile(names.map(name => [name, { [name]: [{ exists: true }] }]))

    expect(matcher.match(bytes('{"näme 7":1,"other":2,"n\\u00e4me 59":3}')).sort()).toEqual([
      'näme 59',
      'näme 7',
    ])
  })

  test('asks for absence among many fields', () => {
    const rules = Array.from(
      { length: 40 },
      (_, index) => [index, { [`f${index}`]: [{ exists: false }], a: [1] }] as const,
    )

    expect(compile(rules).match({ a: 1, f3: 0 })).toHaveLength(39)
  })
})

describe('lists', () => {
  const pattern = { items: { kind: ['book'], price: [{ numeric: ['<', 10] }] } }

  test('conditions must be met by the same element', () => {
    expect(
      matches(pattern, {
        items: [
          { kind: 'book', price: 20 },
          { kind: 'pen', price: 1 },
        ],
      }),
    ).toBe(false)
    expect(
      matches(pattern, {
        items: [
          { kind: 'pen', price: 1 },
          { kind: 'book', price: 9 },
        ],
      }),
    ).toBe(true)
  })

  test('elements of different lists go together', () => {
    const both = { a: { x: [1] }, b: { y: [2] } }

    expect(matches(both, { a: [{ x: 0 }, { x: 1 }], b: [{ y: 2 }, { y: 0 }] })).toBe(true)
  })

  test('inner lists must lie in the same outer element', () => {
    const nested = { a: { b: { c: [1], d: [2] }, e: [3] } }

    expect(matches(nested, { a: [{ b: [{ c: 1, d: 2 }], e: 3 }] })).toBe(true)
    expect(matches(nested, { a: [{ b: [{ c: 1 }, { d: 2 }], e: 3 }] })).toBe(false)
    expect(matches(nested, { a: [{ b: [{ c: 1, d: 2 }] }, { e: 3 }] })).toBe(false)
  })

  test('absence is asked of the elements that earlier fields chose', () => {
    const lacking = { a: { x: [5], y: [{ exists: false }] } }

    expect(matches(lacking, { a: [{ x: 5 }, { y: 1 }] })).toBe(true)
    expect(matches(lacking, { a: [{ x: 5, y: 1 }] })).toBe(false)
    expect(matches({ a: { y: [{ exists: false }] } }, { a: [{ x: 5 }, { y: 1 }] })).toBe(false)
  })

  test('many elements in many lists are searched without trying their product', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const elements = Array.from({ length: 200 }, () => ({ x: 1, y: 0 }))
    const event = Object.fromEntries(names.map(name => [name, elements]))
    const impossible = Object.fromEntries(names.map(name => [name, { x: [1], y: [name === 'h' ? 1 : 0] }]))

    expect(matches(impossible, event)).toBe(false)
  })

  test('the dialect aliyun does not look inside', () => {
    expect(matches({ data: { a: { x: [5] } } }, { data: { a: [{ x: 5 }] } }, { dialect: 'aliyun' })).toBe(
      false,
    )
  })
})

describe('names', () => {
  test('a dot in a name of the pattern or of the event is a step', () => {
    expect(matches({ 'a.b': [1] }, { a: { b: 1 } })).toBe(true)
    expect(matches({ a: { b: [1] } }, { 'a.b': 1 })).toBe(true)
    expect(matches({ a: { 'b.c': [1] } }, bytes('{"a.b":{"c":1}}'))).toBe(true)
  })

  test('the dialect aliyun takes dots of the pattern for steps and dots of the event for dots', () => {
    expect(matches({ data: { 'a.b': [1] } }, { data: { a: { b: 1 } } }, { dialect: 'aliyun' })).toBe(true)
    expect(matches({ data: { 'a.b': [1] } }, { data: { 'a.b': 1 } }, { dialect: 'aliyun' })).toBe(false)
  })

  test('escapes in names are read', () => {
    expect(matches('{"\\u0061\\"":[1]}', bytes('{"a\\u0022":1}'))).toBe(true)
    expect(matches({ 'a"': { 'b\n': [1] } }, bytes('{"a\\"":{"b\\n":1}}'))).toBe(true)
  })

  test('of a name repeated in a pattern the last counts, and repeated objects are merged', () => {
    expect(matches('{"a":["x"],"a":["y"]}', { a: 'y' })).toBe(true)
    expect(matches('{"a":["x"],"a":["y"]}', { a: 'x' })).toBe(false)
    expect(matches('{"a":{"b":[1]},"a":{"c":[2]}}', { a: { c: 2 } })).toBe(false)
    expect(matches('{"a":{"b":[1]},"a":{"c":[2]}}', { a: { b: 1, c: 2 } })).toBe(true)
  })

  test('of a name repeated in an event the first with a value counts', () => {
    const matcher = compile([
      ['1', { a: [1] }],
      ['2', { a: [2] }],
      ['b', { a: { b: [3] } }],
    ])

    expect(matcher.match(bytes('{"a":1,"a":2}'))).toEqual(['1'])
    expect(matcher.match(bytes('{"a":{"b":3},"a":{"b":4},"a":2}')).sort()).toEqual(['2', 'b'])
  })

  test('names that objects inherit are no fields', () => {
    expect(matches({ toString: [{ exists: false }] }, {})).toBe(true)
    expect(matches('{"__proto__":["x"]}', bytes('{"__proto__":"x"}'))).toBe(true)
  })
})

describe('$or', () => {
  const pattern = { s: ['x'], $or: [{ a: [1] }, { b: [2], $or: [{ c: [3] }, { d: [4] }] }] }

  test.each([
    [{ s: 'x', a: 1 }, true],
    [{ s: 'x', b: 2 }, false],
    [{ s: 'x', b: 2, d: 4 }, true],
    [{ s: 'y', a: 1 }, false],
    [{ s: 'x', c: 3, d: 4 }, false],
  ])('%j is %s', (event, answer) => {
    expect(matches(pattern, event)).toBe(answer)
  })

  test('what follows it belongs to every branch, and what stands before it as well', () => {
    expect(matches('{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}', { b: 2 })).toBe(false)
    expect(matches('{"$or":[{"a":[1]},{"b":[2]}],"$or":[{"c":[3]},{"d":[4]}]}', { b: 2, d: 4 })).toBe(true)
  })
})

describe('events', () => {
  test.each([
    '',
    ' ',
    '[]',
    '"a"',
    '1',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":x}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":1e}',
    '{a:1}',
  ])('the bytes %j are refused', text => {
    const event = bytes(text)

    expect(() => matches({ a: [1], b: [2] }, event)).toThrow(
      expect.objectContaining({ code: 'pattern.event-not-json' }),
    )
  })

  test('lists and texts that are no objects are refused', () => {
    expect(() => matches({ a: [1] }, [])).toThrow(PatternError)
    expect(() => matches({ a: [1] }, '[]')).toThrow(PatternError)
  })

  test('what no rule names is followed to its end and not examined', () => {
    expect(matches({ a: [1] }, bytes('{"x":{"y":[tru],"z":"}\\"{"},"a":1'))).toBe(true)
  })

  test('depth is limited only where rules look', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`

    expect(matches({ a: [1] }, bytes(`{"x":${deep},"a":1}`))).toBe(true)
    expect(() => matches({ x: [1] }, bytes(`{"x":${deep}}`))).toThrow(
      expect.objectContaining({ code: 'pattern.event-too-deep' }),
    )
  })

  test('objects count as their JSON text does', () => {
    const event = { at: new Date(0), gone: undefined, none: Number.NaN, big: 2n ** 64n, run: () => 1 }

    expect(matches({ at: ['1970-01-01T00:00:00.000Z'] }, event)).toBe(true)
    expect(matches({ gone: [{ exists: false }], run: [{ exists: false }], none: [null] }, event)).toBe(true)
    expect(matches('{"big":[18446744073709551616]}', event)).toBe(true)
  })

  test('white space may stand wherever JSON has it', () => {
    expect(matches({ a: { b: [1] }, c: [2] }, bytes(' \n{ "a" :\t{ "b" : [ 0 , 1 ] } ,\r\n"c" : 2 } '))).toBe(
      true,
    )
  })

  test('text that is no UTF-8 matches nothing but itself replaced', () => {
    const broken = Uint8Array.from([...bytes('{"a":"'), 0xff, ...bytes('"}')])

    expect(matches({ a: ['\ufffd'] }, broken)).toBe(true)
    expect(matches({ a: ['ÿ'] }, broken)).toBe(false)
  })
})
