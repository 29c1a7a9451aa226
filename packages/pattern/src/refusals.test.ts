import { describe, expect, test } from 'vitest'
import { type Dialect, parsePattern, PatternError, patternLimits } from './index.ts'

type Row = readonly [pattern: string, code: string, path: string]

const both: readonly Row[] = [
  ['', 'pattern.not-json', ''],
  ['{"a":["x"]', 'pattern.not-json', ''],
  ['{"a":["x"],}', 'pattern.not-json', ''],
  ["{'a':['x']}", 'pattern.not-json', ''],
  ['{"a":[01]}', 'pattern.not-json', ''],
  ['{"a":[NaN]}', 'pattern.not-json', ''],
  ['{"a":["\\x"]}', 'pattern.not-json', ''],
  ['{"a":["x"]} {}', 'pattern.not-json', ''],
  ['null', 'pattern.not-an-object', ''],
  ['["a"]', 'pattern.not-an-object', ''],
  ['"a"', 'pattern.not-an-object', ''],
  ['{"data":{}}', 'pattern.empty-object', 'data'],
  ['{"data":{"a":"x"}}', 'pattern.field-not-a-list', 'data.a'],
  ['{"data":{"a":null}}', 'pattern.field-not-a-list', 'data.a'],
  ['{"data":{"a":[]}}', 'pattern.empty-list', 'data.a'],
  ['{"data":{"a":[["x"]]}}', 'pattern.nested-list', 'data.a[0]'],
  ['{"data":{"a":["x",{}]}}', 'pattern.not-one-operator', 'data.a[1]'],
  ['{"a":[{"prefix":"x","suffix":"y"}]}', 'pattern.not-one-operator', 'a[0]'],
  ['{"a":[{"Prefix":"x"}]}', 'pattern.unknown-operator', 'a[0]'],
  ['{"a":[{"toString":"x"}]}', 'pattern.unknown-operator', 'a[0]'],
  ['{"a":[{"prefix":1}]}', 'pattern.invalid-operand', 'a[0].prefix'],
  ['{"a":[{"prefix":["x"]}]}', 'pattern.invalid-operand', 'a[0].prefix'],
  ['{"a":[{"suffix":null}]}', 'pattern.invalid-operand', 'a[0].suffix'],
  ['{"a":[{"contains":""}]}', 'pattern.empty-operand', 'a[0].contains'],
  ['{"a":[{"exists":"true"}]}', 'pattern.invalid-operand', 'a[0].exists'],
  ['{"a":[{"anything-but":[]}]}', 'pattern.empty-list', 'a[0].anything-but'],
  ['{"a":[{"anything-but":[["x"]]}]}', 'pattern.invalid-operand', 'a[0].anything-but[0]'],
  ['{"a":[{"anything-but":[{"prefix":"x"}]}]}', 'pattern.invalid-operand', 'a[0].anything-but[0]'],
  ['{"a":[{"anything-but":{"prefix":""}}]}', 'pattern.empty-operand', 'a[0].anything-but.prefix'],
  ['{"a":[{"anything-but":{"numeric":["=",1]}}]}', 'pattern.unknown-operator', 'a[0].anything-but'],
  ['{"a":[{"anything-but":{}}]}', 'pattern.not-one-operator', 'a[0].anything-but'],
  ['{"a":[{"numeric":5}]}', 'pattern.invalid-operand', 'a[0].numeric'],
  ['{"a":[{"numeric":[]}]}', 'pattern.invalid-operand', 'a[0].numeric'],
  ['{"a":[{"numeric":[">",0,"<"]}]}', 'pattern.invalid-operand', 'a[0].numeric'],
  ['{"a":[{"numeric":["==",0]}]}', 'pattern.unknown-operator', 'a[0].numeric[0]'],
  ['{"a":[{"numeric":["=","0"]}]}', 'pattern.invalid-operand', 'a[0].numeric[1]'],
  ['{"a":[{"cidr":"x"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":"10.0.0.0/33"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":"10.0.0/24"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":"10.0.0.0/-1"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":["10.0.0.0/8"]}]}', 'pattern.invalid-operand', 'a[0].cidr'],
]

const standard: readonly Row[] = [
  ['{}', 'pattern.empty-object', ''],
  ['{"a":[{"exactly":1}]}', 'pattern.invalid-operand', 'a[0].exactly'],
  ['{"a":[{"anything-but":null}]}', 'pattern.invalid-operand', 'a[0].anything-but'],
  ['{"a":[{"anything-but":["x",1]}]}', 'pattern.mixed-list', 'a[0].anything-but'],
  ['{"a":[{"anything-but":["x",true]}]}', 'pattern.invalid-operand', 'a[0].anything-but[1]'],
  ['{"a":[{"anything-but":9007199254740993}]}', 'pattern.invalid-number', 'a[0].anything-but'],
  ['{"a":[{"anything-but":{"prefix":["x",1]}}]}', 'pattern.invalid-operand', 'a[0].anything-but.prefix[1]'],
  [
    '{"a":[{"anything-but":{"prefix":{"equals-ignore-case":"x"}}}]}',
    'pattern.invalid-operand',
    'a[0].anything-but.prefix',
  ],
  ['{"a":[{"equals-ignore-case":1}]}', 'pattern.invalid-operand', 'a[0].equals-ignore-case'],
  ['{"a":[{"prefix":{"wildcard":"x"}}]}', 'pattern.unknown-operator', 'a[0].prefix'],
  ['{"a":[{"numeric":[">",5,"<",5]}]}', 'pattern.empty-range', 'a[0].numeric'],
  ['{"a":[{"numeric":[">=",5,"<=",5]}]}', 'pattern.empty-range', 'a[0].numeric'],
  ['{"a":[{"numeric":[">",0,">",1]}]}', 'pattern.invalid-operand', 'a[0].numeric'],
  ['{"a":[{"numeric":["=",0,"<",1]}]}', 'pattern.invalid-operand', 'a[0].numeric'],
  ['{"a":[{"numeric":["!=",0]}]}', 'pattern.unknown-operator', 'a[0].numeric[0]'],
  ['{"a":[{"numeric":["=",1e400]}]}', 'pattern.invalid-number', 'a[0].numeric[1]'],
  ['{"a":[{"cidr":"10.0.0.7"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":"10.0.0.7/32"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":"::1/128"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"cidr":"1:2/64"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"a":[{"wildcard":1}]}', 'pattern.invalid-operand', 'a[0].wildcard'],
  ['{"a":[{"wildcard":"a**b"}]}', 'pattern.invalid-wildcard', 'a[0].wildcard'],
  ['{"a":[{"wildcard":"a\\\\b"}]}', 'pattern.invalid-wildcard', 'a[0].wildcard'],
  ['{"a":[{"wildcard":"a\\\\"}]}', 'pattern.invalid-wildcard', 'a[0].wildcard'],
  ['{"a":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}', 'pattern.wildcard-too-complex', 'a[0].wildcard'],
  ['{"$or":{"a":[1]}}', 'pattern.invalid-or', '$or'],
  ['{"$or":[{"a":[1]}]}', 'pattern.invalid-or', '$or'],
  ['{"$or":[{"a":[1]},"b"]}', 'pattern.invalid-or', '$or[1]'],
  ['{"$or":[{"a":[1]},{}]}', 'pattern.empty-object', '$or[1]'],
  ['{"d":{"$or":[{"a":[1]},{"b":{"prefix":["x"]}}]}}', 'pattern.invalid-or', 'd.$or[1].b'],
]

const aliyun: readonly Row[] = [
  ['{"data":["x"]}', 'pattern.field-not-a-list', 'data'],
  ['{"source":{"a":["x"]}}', 'pattern.field-not-a-list', 'source'],
  ['{"a":[{"wildcard":"x*"}]}', 'pattern.unknown-operator', 'a[0]'],
  ['{"a":[{"exactly":"x"}]}', 'pattern.unknown-operator', 'a[0]'],
  ['{"a":[{"prefix":""}]}', 'pattern.empty-operand', 'a[0].prefix'],
  ['{"a":[{"prefix":{"equals-ignore-case":"x"}}]}', 'pattern.invalid-operand', 'a[0].prefix'],
  ['{"a":[{"anything-but":{"prefix":["x"]}}]}', 'pattern.invalid-operand', 'a[0].anything-but.prefix'],
  ['{"a":[{"anything-but":{"wildcard":"x"}}]}', 'pattern.unknown-operator', 'a[0].anything-but'],
  ['{"a":[{"numeric":["=",1000000001]}]}', 'pattern.invalid-number', 'a[0].numeric'],
  ['{"a":[{"cidr":"::/64"}]}', 'pattern.invalid-address', 'a[0].cidr'],
  ['{"data":{"$or":[{"a":[1]},{"b":[2]}]}}', 'pattern.unknown-operator', 'data.$or[0]'],
  [`{"a":[${'{"prefix":"x"},'.repeat(5)}{"prefix":"y"}]}`, 'pattern.too-many-expressions', 'a'],
]

const cases: ReadonlyArray<readonly [Dialect, readonly Row[]]> = [
  ['standard', [...both, ...standard]],
  ['aliyun', [...both, ...aliyun]],
]

describe.each(cases)('the dialect %s refuses', (dialect, rows) => {
  test.each(rows)('%s with %s at "%s"', (pattern, code, path) => {
    const error = refusalOf(pattern, dialect)

    expect(error).toMatchObject({ name: 'PatternError', code, path })
    expect(error.message).toContain(path)
  })
})

describe('what could explode is refused with its limit', () => {
  const list = (count: number): string => Array.from({ length: count }, (_, index) => `"${index}"`).join()
  const or = '"$or":[{"a":[1]},{"b":[1]}]'
  const ors = Array.from({ length: 10 }, (_, index) => or.replace('"a"', `"a${index}"`)).join()

  test.each([
    ['values in a field', `{"a":[${list(patternLimits.valuesPerFieldMax + 1)}]}`, 'pattern.too-many-values'],
    [
      'excluded values',
      `{"a":[{"anything-but":[${list(patternLimits.valuesPerFieldMax + 1)}]}]}`,
      'pattern.too-many-values',
    ],
    ['alternatives', `{${ors}}`, 'pattern.too-many-alternatives'],
    [
      'stars',
      JSON.stringify({ a: [{ wildcard: starry(patternLimits.wildcardStarsMax + 1) }] }),
      'pattern.wildcard-too-complex',
    ],
    ['levels', `${'{"a":'.repeat(100)}[1]${'}'.repeat(100)}`, 'pattern.too-deep'],
    ['steps of a dotted name', `{"${'a.'.repeat(100)}a":[1]}`, 'pattern.too-deep'],
    ['characters', `{"a":["${'x'.repeat(patternLimits.patternSizeMax)}"]}`, 'pattern.too-large'],
  ])('too many %s', (_what, pattern, code) => {
    expect(refusalOf(pattern, 'standard').code).toBe(code)
  })

  test('an object is measured like its text, and a circle ends', () => {
    const circle: Record<string, unknown> = {}
    circle.a = circle

    expect(refusalOf({ a: ['x'.repeat(patternLimits.patternSizeMax)] }, 'standard').code).toBe(
      'pattern.too-large',
    )
    expect(refusalOf(circle, 'standard').code).toBe('pattern.too-deep')
  })
})

function starry(stars: number): string {
  return Array.from({ length: stars + 1 }, (_, index) => String.fromCharCode(0x100 + index)).join('*')
}

test('what no JSON text holds is refused in an object', () => {
  expect(refusalOf({ a: [undefined] }, 'standard').code).toBe('pattern.not-json')
  expect(refusalOf({ a: [Number.NaN] }, 'standard').code).toBe('pattern.not-json')
  expect(refusalOf({ a: () => 1 }, 'standard').code).toBe('pattern.not-json')
})

function refusalOf(pattern: string | object, dialect: Dialect): PatternError {
  try {
    parsePattern(pattern, { dialect })
  } catch (error) {
    if (error instanceof PatternError) return error
    throw error
  }
  throw new Error('the pattern was accepted')
}
