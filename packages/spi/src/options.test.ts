import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { nearestName, optionsParser, Secret } from './options.ts'

const closed = { additionalProperties: false }
const schema = Type.Object({
  url: Type.String({ minLength: 1 }),
  method: Type.Union([Type.Literal('POST'), Type.Literal('PUT')], { default: 'POST' }),
  timeoutMs: Type.Integer({ default: 1_000, minimum: 1, maximum: 60_000 }),
  headers: Type.Record(Type.String(), Type.String({ maxLength: 5 }), { default: {} }),
  hosts: Type.Array(Type.String({ maxLength: 5 }), { default: [], maxItems: 2 }),
  token: Type.Optional(Secret({ maxLength: 8 })),
  tls: Type.Optional(
    Type.Object({ verify: Type.Boolean({ default: true }), ca: Type.Optional(Type.String()) }, closed),
  ),
  auth: Type.Optional(
    Type.Union([
      Type.Object({ type: Type.Literal('bearer'), token: Secret() }, closed),
      Type.Object({ type: Type.Literal('basic'), username: Type.String(), password: Secret() }, closed),
    ]),
  ),
})
const parse = optionsParser('http', schema)

describe('options are completed', () => {
  test('with the defaults of the schema, nested ones too', () => {
    expect(parse({ url: 'x', tls: {} })).toEqual({
      url: 'x',
      method: 'POST',
      timeoutMs: 1_000,
      headers: {},
      hosts: [],
      tls: { verify: true },
    })
  })

  test('without changing what was given, and cannot be changed later', () => {
    const given = { url: 'x', tls: {} }
    const options = parse(given)
    expect(given).toEqual({ url: 'x', tls: {} })
    expect(Object.isFrozen(options)).toBe(true)
  })
})

describe('options that do not fit are refused with path, wish and value', () => {
  test.each([
    [undefined, 'url', 'option url is required'],
    [{ url: 'x', urll: 1 }, 'urll', 'option urll is unknown; did you mean url?'],
    [
      { url: 'x', zebra: 1 },
      'zebra',
      'option zebra is unknown; known: url, method, timeoutMs, headers, hosts, token, tls, auth',
    ],
    [{ url: '' }, 'url', 'option url must not have fewer than 1 characters; it is ""'],
    [{ url: 5 }, 'url', 'option url must be string; it is 5'],
    [{ url: null }, 'url', 'option url must be string; it is null'],
    [{ url: ['x'] }, 'url', 'option url must be string; it is an array'],
    [{ url: 'x', method: 'FETCH' }, 'method', 'option method must be one of POST, PUT; it is "FETCH"'],
    [{ url: 'x', timeoutMs: '5' }, 'timeoutMs', 'option timeoutMs must be integer; it is "5"'],
    [{ url: 'x', timeoutMs: 0 }, 'timeoutMs', 'option timeoutMs must be >= 1; it is 0'],
    [{ url: 'x', timeoutMs: 1.5 }, 'timeoutMs', 'option timeoutMs must be integer; it is 1.5'],
    [{ url: 'x', headers: { a: 5 } }, 'headers.a', 'option headers.a must be string; it is 5'],
    [{ url: 'x', headers: [] }, 'headers', 'option headers must be object; it is an array'],
    [{ url: 'x', hosts: ['a', 5] }, 'hosts.1', 'option hosts.1 must be string; it is 5'],
    [
      { url: 'x', hosts: ['a', 'b', 'c'] },
      'hosts',
      'option hosts must not have more than 2 items; it is an array',
    ],
    [{ url: 'x', tls: { verfy: true } }, 'tls.verfy', 'option tls.verfy is unknown; did you mean verify?'],
    [{ url: 'x', tls: true }, 'tls', 'option tls must be object; it is true'],
    [
      { url: 'x', auth: { type: 'beerer', token: 't' } },
      'auth.type',
      'option auth.type must be one of bearer, basic; it is "beerer"',
    ],
    [{ url: 'x', auth: {} }, 'auth.type', 'option auth.type must be one of bearer, basic; it is missing'],
    [{ url: 'x', auth: { type: 'bearer' } }, 'auth.token', 'option auth.token is required'],
    [
      { url: 'x', auth: { type: 'basic', username: 'a', pasword: 'hush' } },
      'auth.pasword',
      'option auth.pasword is unknown; did you mean password?',
    ],
    [{ url: 'x', auth: 'bearer' }, 'auth', 'option auth does not fit any of its forms; it is "bearer"'],
    ['url', '', 'the options must be object; it is "url"'],
    [[], '', 'the options must be object; it is an array'],
    [{ url: 'x', method: () => 1 }, '', 'the options must be plain data, as JSON has it'],
  ])('%j', (options, path, message) => {
    expect(() => parse(options)).toThrow(
      expect.objectContaining({
        code: 'options.invalid',
        message: `http: ${message}`,
        details: { component: 'http', path },
        retry: { kind: 'never' },
      }),
    )
  })

  test('but never with a secret, nor with a long text', () => {
    expect(() => parse({ url: 'x', token: 'hush-hush-hush' })).toThrow(
      /^(?!.*hush).*option token must not have more/,
    )
    expect(() => parse({ url: 'x', auth: { type: 'bearer', token: 123_456 } })).toThrow(
      /^(?!.*123).*auth\.token/,
    )
    expect(() => parse({ url: 'x', method: 'y'.repeat(100) })).toThrow(/^(?!.*yyy).*option method/)
  })

  test('a name from the prototype of objects is no option', () => {
    expect(() => parse(JSON.parse('{"url":"x","__proto__":{"a":1}}'))).toThrow(/option __proto__ is unknown/)
    expect(() => parse({ url: 'x', constructor: 1 })).toThrow(/option constructor is unknown/)
  })
})

describe('the nearest name', () => {
  const known = ['url', 'method', 'timeoutMs', 'connectTimeoutMs']
  test.each([
    ['timeout', 'timeoutMs'],
    ['TIMEOUTMS', 'timeoutMs'],
    ['methd', 'method'],
    ['uri', 'url'],
    ['connectTimeout', 'connectTimeoutMs'],
    ['completely', undefined],
  ])('of %s is %s', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest)
  })

  test('of nothing is nothing', () => {
    expect(nearestName('url', [])).toBeUndefined()
  })
})
