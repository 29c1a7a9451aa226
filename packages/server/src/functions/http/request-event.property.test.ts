import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalHeaderName, eventHeaders, forwardedHeaders } from './headers.ts'
import { hasDotSegments, joinedQuery } from './query.ts'
import { isTextual, requestEvent } from './request-event.ts'

const name = fc.stringMatching(/^[A-Za-z-]{1,12}$/)
const value = fc.stringMatching(/^[a-z0-9]{0,6}$/)

describe('headers', () => {
  test('have names that begin each part with a capital', () => {
    fc.assert(
      fc.property(name, given => {
        const naive = given
          .split('-')
          .map(part => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
          .join('-')
        expect(canonicalHeaderName(given)).toBe(naive)
      }),
    )
    expect(canonicalHeaderName('not a token')).toBe('not a token')
  })

  test('of one name are joined in their order, in an event by commas, for code as a list', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), pairs => {
        const grouped = new Map<string, string[]>()
        for (const [key, text] of pairs) {
          const lower = key.toLowerCase()
          if (lower.startsWith('x-fc-') || ['connection', 'keep-alive', 'upgrade', 'expect'].includes(lower))
            continue
          grouped.set(lower, [...(grouped.get(lower) ?? []), text])
        }
        const event = eventHeaders(pairs.flat())
        const forwarded = forwardedHeaders(pairs.flat())

        expect(Object.keys(event).map(key => key.toLowerCase())).toEqual([...grouped.keys()])
        for (const [key, texts] of grouped) {
          expect(event[canonicalHeaderName(key)]).toBe(texts.join(','))
          expect([forwarded[key]].flat()).toEqual(texts)
        }
      }),
    )
  })

  test('may be called as members of objects are', () => {
    expect(Object.entries(eventHeaders(['__proto__', 'x', 'constructor', 'y']))).toEqual([
      ['__proto__', 'x'],
      ['Constructor', 'y'],
    ])
  })
})

test('parameters of a query are those that the platform of the web finds, joined by commas', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }))), pairs => {
      const wellFormed = pairs.map(pair => pair.map(text => text.toWellFormed()) as [string, string])
      const query = new URLSearchParams(wellFormed).toString()
      const naive = new Map<string, string>()
      for (const [key, text] of new URLSearchParams(query)) {
        const before = naive.get(key)
        naive.set(key, before === undefined ? text : `${before},${text}`)
      }
      expect(new Map(Object.entries(joinedQuery(query)))).toEqual(naive)
    }),
  )
  expect(joinedQuery('a=%zz&b')).toEqual({ a: '%zz', b: '' })
})

test('a body is given so that it can be had back', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(undefined, 'text/plain', 'application/json; charset=utf-8', 'image/png'),
      (bytes, contentType) => {
        const event = JSON.parse(
          requestEvent({
            method: 'POST',
            path: '/',
            query: '',
            rawHeaders: [],
            contentType,
            body: bytes,
            host: 'a.b',
            protocol: 'HTTP/1.1',
            sourceIp: '::1',
            userAgent: '',
            account: '1',
            requestId: 'r',
            receivedAtMs: 1_767_323_045_123,
          }).toString(),
        ) as { body: string; isBase64Encoded: boolean; requestContext: Record<string, unknown> }
        expect(event.isBase64Encoded).toBe(!isTextual(contentType))
        const back = event.isBase64Encoded
          ? Buffer.from(event.body, 'base64')
          : Buffer.from(event.body, 'utf8')
        const text = Buffer.from(bytes).toString('utf8')
        expect(back).toEqual(event.isBase64Encoded ? Buffer.from(bytes) : Buffer.from(text))
        expect(event.requestContext).toMatchObject({
          time: '2026-01-02T03:04:05Z',
          timeEpoch: '1767323045123',
          domainPrefix: 'a',
        })
      },
    ),
  )
})

test.each([
  ['/a/b', false],
  ['/a/..b', false],
  ['/a/...', false],
  ['/.', true],
  ['/a/../b', true],
  ['/a/..', true],
  ['/a\\..\\b', true],
])('%s has segments of dots: %s', (path, expected) => {
  expect(hasDotSegments(path)).toBe(expected)
})
