import { CloudEvent as SdkEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBinary, encodeStructured, parseBinary, parseStructured } from './index.ts'
import type { CloudEvent } from './index.ts'

/*
 * The official SDK as a peer, where it is right: it does not percent-decode headers, cuts times to milliseconds in
 * UTC and loses numbers beyond 2^53, so those are left out here and tested alone.
 */

const word = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/)
const data = fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)), {
  minKeys: 1,
  noNullPrototype: true,
})
const attributes = fc.record({
  id: word,
  type: word,
  subject: word,
  source: word.map(text => `/${text}`),
  extension: word,
  data,
})

type Attributes = typeof attributes extends fc.Arbitrary<infer T> ? T : never

const time = '2026-01-31T12:00:00.123Z'

function ours({ id, type, subject, source, extension, data: value }: Attributes): CloudEvent {
  const bytes = Buffer.from(JSON.stringify(value))
  return {
    specversion: '1.0',
    id,
    type,
    subject,
    source,
    time,
    datacontenttype: 'application/json',
    extensions: { extension },
    data: { kind: 'json', bytes },
  }
}

function theirs({ extension, ...rest }: Attributes): SdkEvent<unknown> {
  return new SdkEvent({ ...rest, time, datacontenttype: 'application/json', extension })
}

function expectSame(event: CloudEvent, peer: SdkEvent<unknown>): void {
  const { extensions, data: own, ...context } = event
  const seen = JSON.parse(JSON.stringify(peer)) as Record<string, unknown>
  const value: unknown = JSON.parse(Buffer.from(own?.bytes ?? []).toString())
  expect(seen).toEqual({ ...context, ...extensions, data: value })
}

describe('the official SDK', () => {
  test('reads what is encoded in structured mode', () => {
    fc.assert(
      fc.property(attributes, parts => {
        const body = encodeStructured(ours(parts)).toString()
        const event = HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body })
        expectSame(ours(parts), event as SdkEvent<unknown>)
      }),
    )
  })

  test('reads what is encoded in binary mode', () => {
    fc.assert(
      fc.property(attributes, parts => {
        const { headers, body } = encodeBinary(ours(parts))
        const event = HTTP.toEvent({ headers, body: Buffer.from(body).toString() })
        expectSame(ours(parts), event as SdkEvent<unknown>)
      }),
    )
  })

  test('writes structured mode that is read as the same event', () => {
    fc.assert(
      fc.property(attributes, parts => {
        const { body } = HTTP.structured(theirs(parts))
        expectSame(parseStructured(String(body)), theirs(parts))
      }),
    )
  })

  test('writes binary mode that is read as the same event', () => {
    fc.assert(
      fc.property(attributes, parts => {
        const { headers, body } = HTTP.binary(theirs(parts))
        const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
        expectSame(parseBinary(flat, String(body)), theirs(parts))
      }),
    )
  })
})
