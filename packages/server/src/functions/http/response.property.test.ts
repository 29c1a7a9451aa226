import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkedResponseHeaders, responseHeaderBytesMax, responseOfOutput } from './response.ts'

/** The status that a parser of everything would find; `undefined` for an output that is the body itself. */
function naiveStatus(output: string): unknown {
  try {
    const value: unknown = JSON.parse(output)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && 'statusCode' in value ? value.statusCode : undefined
  } catch {
    return undefined
  }
}

const output = fc.oneof(
  fc
    .record({ statusCode: fc.integer({ min: 200, max: 599 }), body: fc.jsonValue() })
    .map(value => JSON.stringify(value)),
  fc.jsonValue().map(value => JSON.stringify(value)),
  fc.string(),
  fc.constantFrom('{"statusCode":200', '{"\\u0073tatusCode":404}', ' {"a":{"statusCode":1}}', '"statusCode"'),
)

test('an output describes an answer exactly when it is an object with a statusCode', () => {
  fc.assert(
    fc.property(output, text => {
      const status = naiveStatus(text)
      const response = responseOfOutput(Buffer.from(text))
      expect(response.status).toBe(status ?? 200)
      if (status === undefined)
        expect(Buffer.from(response.body).toString()).toBe(Buffer.from(text).toString())
    }),
  )
})

function bodyOf(described: object): string {
  return Buffer.from(responseOfOutput(Buffer.from(JSON.stringify(described))).body).toString()
}

describe('the body of a described answer', () => {
  test.each([
    [{ body: 'text' }, 'text'],
    [{ body: { a: 1 } }, '{"a":1}'],
    [{ body: [1] }, '[1]'],
    [{ body: 5 }, '5'],
    [{}, ''],
    [{ body: null }, ''],
    [{ body: 'aGk=', isBase64Encoded: true }, 'hi'],
    [{ body: 'aGk', isBase64Encoded: true }, 'aGk'],
    [{ body: 'not base64!!', isBase64Encoded: true }, 'not base64!!'],
    [{ body: 'aGk=', isBase64Encoded: 'true' }, 'aGk='],
  ])('of %j is %s', (described, expected) => {
    expect(bodyOf({ statusCode: 200, ...described })).toBe(expected)
  })
})

describe('headers of an answer', () => {
  test('are passed on but for those of the platform', () => {
    const kept = checkedResponseHeaders(
      { 'X-Own': 'a', Date: 'b', 'x-fc-x': 'c', 'content-length': '5', 'Content-Disposition': 'inline' },
      false,
    )
    expect({ ...kept }).toEqual({ 'x-own': 'a', 'content-disposition': 'inline' })
    expect({ ...checkedResponseHeaders({ 'Content-Disposition': 'inline' }, true) }).toEqual({})
  })

  test('are refused above their limit only', () => {
    const value = 'a'.repeat(responseHeaderBytesMax - 1)
    expect(checkedResponseHeaders({ x: value }, false)['x']).toBe(value)
    expect(() => checkedResponseHeaders({ x: `${value}a` }, false)).toThrow(/8193 bytes; the limit is 8192/)
  })

  test.each(['a\rb', 'a\nb', 'a\0b', 'é\u{1f600}'])('with the value %j are refused', value => {
    expect(() => checkedResponseHeaders({ x: ['fine', value] }, false)).toThrow(/characters/)
  })
})
