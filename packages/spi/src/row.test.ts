import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnNameBytesMax, type Row, rowColumnsMax, rowOf } from './row.ts'

function row(body: string | Uint8Array, parameters: Record<string, string> = {}): Row {
  return rowOf({ body: typeof body === 'string' ? Buffer.from(body) : body, parameters })
}

/** One column of a body, by the JSON of its value. */
function valueOf(json: string): unknown {
  return row(`{"c":${json}}`).values[0]
}

describe('the row of a body', () => {
  test('has the members as columns, and their values keep their kinds', () => {
    expect(row('{"id":7,"name":"Ann","paid":true,"note":null,"tags":["a",{"b":1}]}')).toEqual({
      columns: ['id', 'name', 'paid', 'note', 'tags'],
      values: [
        { kind: 'number', text: '7' },
        { kind: 'string', text: 'Ann' },
        { kind: 'boolean', text: 'true' },
        null,
        { kind: 'json', text: '["a",{"b":1}]' },
      ],
    })
  })

  test.each([
    ['12345678901234567890', { kind: 'number', text: '12345678901234567890' }],
    ['-0.12345678901234567890', { kind: 'number', text: '-0.12345678901234567890' }],
    ['1e400', { kind: 'number', text: '1e400' }],
    ['9007199254740993', { kind: 'number', text: '9007199254740993' }],
    ['{"n":[12345678901234567890, 1E2]}', { kind: 'json', text: '{"n":[12345678901234567890,1E2]}' }],
  ])('%s loses no digit', (json, value) => {
    expect(valueOf(json)).toEqual(value)
  })

  test('numbers of fewer digits than a double keeps mean the same as what was written', () => {
    // The sign, the digits and where the point stands; numbers with an exponent always keep their text.
    const decimal = fc
      .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), fc.nat({ max: 15 }))
      .map(([sign, digits, places]) => ({ sign, digits, places }))
    fc.assert(
      fc.property(decimal, ({ sign, digits, places }) => {
        const padded = digits.toString().padStart(places + 1, '0')
        const json = `${sign}${places === 0 ? padded : `${padded.slice(0, -places)}.${padded.slice(-places)}`}`
        const { text } = row(`{"c":${json}}`).values[0]!
        expect(scaled(text, places)).toBe(digits === 0n ? 0n : BigInt(`${sign}${digits}`))
      }),
    )
  })

  test('is the same whether or not another number needs all its digits', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), members => {
        const known = Object.entries(members).filter(([name]) => isName(name))
        fc.pre(known.length > 0)
        // Object.fromEntries defines members; an object literal would make a prototype of `__proto__`.
        const plain = row(JSON.stringify(Object.fromEntries(known)))
        const exact = row(JSON.stringify(Object.fromEntries(known)).replace(/}$/, ',"zz more":1E0}'))
        const shared = exact.columns.map((name, at) => [name, exact.values[at]] as const)
        const others = new Map(shared.filter(([name]) => name !== 'zz more'))
        expect(others).toEqual(new Map(plain.columns.map((name, at) => [name, plain.values[at]])))
      }),
    )
  })

  test.each([
    ['no JSON', 'hush-hush', /^the body of 9 bytes is not JSON/],
    ['no UTF-8', Uint8Array.of(0xff, 0x22), /^the body of 2 bytes is not UTF-8/],
    ['an array', '[{"a":"hush-hush"}]', /^the body is a JSON array; it must be one JSON object/],
    ['a text', '"hush-hush"', /^the body is the JSON of a string/],
    ['a number', '5', /^the body is the JSON of a number/],
    ['a number that keeps its digits', ' 5e3', /^the body is the JSON of a number/],
    ['null', 'null', /^the body is the JSON of a null/],
    ['an object without members', '{}', /there is nothing to write$/],
    ['a nameless member', '{"a":1,"":"hush-hush"}', /^the name of column 2 of the row is empty$/],
    ['a line break in a name', '{"hush\\nhush":1}', /column 1 of the row holds characters/],
    ['half a surrogate pair', '{"c":"hush-hush\\ud800"}', /^the text of column "c" has half a surrogate/],
    [
      'a long name',
      `{"${'é'.repeat(128)}":1}`,
      new RegExp(`has 256 bytes, above the limit of ${columnNameBytesMax}$`),
    ],
  ])('%s is refused for good, in words without the value', (_what, body, message) => {
    let thrown: unknown
    try {
      row(body)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'sink.rejected',
      retry: { kind: 'never' },
      message: expect.stringMatching(message),
    })
    expect(String(thrown)).not.toContain('hush')
    expect((thrown as Error).cause).toBeUndefined()
  })

  test('has a limit of columns', () => {
    const body = (count: number): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, at])))
    expect(row(body(rowColumnsMax)).columns).toHaveLength(rowColumnsMax)
    expect(() => row(body(rowColumnsMax + 1))).toThrow(
      `the row has ${rowColumnsMax + 1} columns, above the limit of ${rowColumnsMax}`,
    )
  })
})

describe('the row of parameters', () => {
  test('wins over the body, and its values are texts', () => {
    expect(row('no JSON at all', { 'columns.id': '7', key: 'k', 'columns.note': '' })).toEqual({
      columns: ['id', 'note'],
      values: [
        { kind: 'text', text: '7' },
        { kind: 'text', text: '' },
      ],
    })
  })

  test('is refused like that of a body', () => {
    expect(() => row('{}', { 'columns.': 'x' })).toThrow('the name of column 1 of the row is empty')
    expect(() => row('{}', { 'columns.c': '\ud800' })).toThrow('the text of column "c"')
  })
})

/** A decimal text times ten to the power of `places`. */
function scaled(text: string, places: number): bigint {
  const [mantissa = '', exponent = '0'] = text.split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const zeros = places - fraction.length + Number(exponent)
  return BigInt(whole + fraction) * 10n ** BigInt(zeros)
}

function isName(name: string): boolean {
  return !/\p{Cc}/u.test(name) && name.isWellFormed() && name !== 'zz more'
}
