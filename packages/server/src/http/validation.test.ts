import fc from 'fast-check'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { BusSpec, RuleSpec } from '../resources/index.ts'
import { parseJson } from './json-body.ts'
import { requestCheck } from './validation.ts'

function refusalOf(result: ReturnType<ReturnType<typeof requestCheck>>) {
  if (!('error' in result)) throw new Error('it was accepted')
  return {
    path: result.error.details?.['path'],
    nearest: result.error.details?.['nearest'],
    message: result.error.message,
  }
}

describe('the check of a body', () => {
  const rule = requestCheck(RuleSpec, 'body')
  const bus = requestCheck(BusSpec, 'body')
  const target = (members: object) => ({
    pattern: {},
    targets: [{ id: 't', sink: { function: 'f' }, ...members }],
  })

  test('fills defaults at every depth', () => {
    expect(rule(target({ retry: { strategy: 'CUSTOM' } }))).toMatchObject({
      value: {
        state: 'enabled',
        targets: [{ timeoutMs: 10_000, retry: { retriesMax: 10, delayMsMin: 1_000 } }],
      },
    })
  })

  test.each<[string, unknown, string, string | undefined]>([
    ['an unknown member', { pattern: {}, stat: 'x' }, 'body.stat', 'state'],
    ['an unknown member of a target', target({ timeout: 5 }), 'body.targets.0.timeout', 'timeoutMs'],
    [
      'an unknown member of a variant',
      target({ retry: { strategy: 'CUSTOM', retriesMx: 1 } }),
      'body.targets.0.retry.retriesMx',
      'retriesMax',
    ],
    [
      'a wrong value of a variant',
      target({ retry: { strategy: 'CUSTOM', retriesMax: 1.5 } }),
      'body.targets.0.retry.retriesMax',
      undefined,
    ],
    [
      'a wrong constant',
      target({ retry: { strategy: 'SOMETIMES' } }),
      'body.targets.0.retry.strategy',
      undefined,
    ],
    ['no variant at all', target({ sink: 'http' }), 'body.targets.0.sink', undefined],
    ['a missing member', { targets: [] }, 'body.pattern', undefined],
    ['one of several words', { pattern: {}, state: 'on' }, 'body.state', undefined],
    [
      'too many',
      { pattern: {}, targets: Array.from({ length: 21 }, () => ({ id: 't', sink: { bus: 'b' } })) },
      'body.targets',
      undefined,
    ],
    ['a bad name', target({ id: '-' }), 'body.targets.0.id', undefined],
    ['a list', [], 'body', undefined],
    ['nothing', undefined, 'body', undefined],
  ])('names the place of %s', (_name, value, path, nearest) => {
    expect(refusalOf(rule(value))).toMatchObject({ path, nearest })
  })

  test.each(['5000', true, null, [5_000], 5_000.5, Number.NaN])('does not turn %j into an integer', value => {
    expect(refusalOf(bus({ retentionMs: value }))).toMatchObject({ path: 'body.retentionMs' })
  })

  test('lists the words that are allowed', () => {
    expect(refusalOf(rule(target({ retry: { strategy: 'SOMETIMES' } }))).message).toBe(
      'body.targets.0.retry.strategy must be one of BACKOFF_RETRY, EXPONENTIAL_DECAY_RETRY, CUSTOM',
    )
    expect(refusalOf(bus({ durability: 'perhaps' })).message).toBe(
      'body.durability must be one of durable, relaxed',
    )
  })

  test('whatever is sent is either accepted whole or refused with a place, and never changed on the way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const result = bus(structuredClone(value))
        const seen = 'error' in result ? { place: result.error.details?.['path'] } : { value: result.value }
        expect(seen).toMatchObject('error' in result ? { place: expect.stringMatching(/^body/) } : { value })
      }),
    )
  })
})

describe('the check of a query', () => {
  const query = requestCheck(
    Type.Object(
      {
        limit: Type.Integer({ default: 10, maximum: 99 }),
        deep: Type.Optional(Type.Boolean()),
        name: Type.Optional(Type.String()),
      },
      { additionalProperties: false },
    ),
    'querystring',
  )

  test('numbers and truth are read from text, text stays text', () => {
    expect(query({ limit: '7', deep: 'true', name: '7' })).toEqual({
      value: { limit: 7, deep: true, name: '7' },
    })
    expect(query({})).toEqual({ value: { limit: 10 } })
  })

  test.each(['', ' 7', '7 ', '0x7', '1e1', '7.5', '+7', '100', 'NaN', '99999999999999999999'])(
    '%j is no limit',
    limit => {
      expect(refusalOf(query({ limit }))).toMatchObject({ path: 'query.limit' })
    },
  )

  test.each(['1', 'TRUE', 'yes', ''])('%j is no truth', deep => {
    expect(refusalOf(query({ deep }))).toMatchObject({ path: 'query.deep' })
  })
})

describe('JSON bodies', () => {
  test('every JSON value comes back as it is, unless it hides a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('"__proto__"'))
        expect(parseJson(Buffer.from(text))).toEqual({ value: JSON.parse(text) })
      }),
    )
  })

  test.each([
    '{"__proto__":1}',
    '{"a":[{"__proto__":{}}]}',
    '{"\\u005f\\u005fproto__":1}',
    '{"_\\u005Fproto__":1}',
  ])('%s is refused', text => {
    expect(parseJson(Buffer.from(text))).toMatchObject({ code: 'http.invalid-json' })
  })

  test('a text that only mentions the word is harmless', () => {
    expect(parseJson(Buffer.from('{"a":"__proto__"}'))).toEqual({ value: { a: '__proto__' } })
  })

  test('the refusal tells where, and quotes nothing', () => {
    const refusal = parseJson(Buffer.from('{"password": hunter2}'))

    expect(refusal).toMatchObject({ code: 'http.invalid-json' })
    expect((refusal as Error).message).not.toContain('hunter')
  })
})
