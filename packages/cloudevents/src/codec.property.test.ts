import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyEvent, anyEventText } from './arbitraries.ts'
import type { CloudEvent } from './index.ts'
import * as ce from './index.ts'

/** An event in a form that `toEqual` compares by value: bytes as hexadecimal digits, extensions with a prototype. */
function plain(event: CloudEvent | Error): unknown {
  if (event instanceof Error) return event
  const data = event.data && { kind: event.data.kind, bytes: Buffer.from(event.data.bytes).toString('hex') }
  return { ...event, extensions: { ...event.extensions }, data }
}

/** Headers have no types: numbers and booleans come back as text; and an empty body is no data. */
function asHeadersCarry(event: CloudEvent): CloudEvent {
  const { data, ...rest } = event
  const extensions = Object.fromEntries(
    Object.entries(event.extensions).map(([name, value]) => [name, String(value)]),
  )
  return data === undefined || data.bytes.length === 0
    ? { ...rest, extensions }
    : { ...rest, extensions, data }
}

describe('decoding undoes encoding', () => {
  test('in structured mode', () => {
    fc.assert(
      fc.property(anyEvent, event => {
        expect(plain(ce.parseStructured(ce.encodeStructured(event)))).toEqual(plain(event))
      }),
      { numRuns: 1_000 },
    )
  })

  test('in binary mode', () => {
    fc.assert(
      fc.property(anyEvent, event => {
        const { headers, body } = ce.encodeBinary(event)
        expect(plain(ce.parseBinary(headers, body))).toEqual(plain(asHeadersCarry(event)))
      }),
      { numRuns: 1_000 },
    )
  })

  test('in a batch', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 5 }), events => {
        expect(ce.parseBatch(ce.encodeBatch(events)).map(plain)).toEqual(events.map(plain))
      }),
      { numRuns: 300 },
    )
  })

  test('of a header value, for any text, and leaves only printable ASCII on the wire', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter(text => text.isWellFormed()),
        text => {
          const encoded = ce.encodeHeaderValue(text)
          expect(encoded).toMatch(/^[!#$&-~]*(?:%[0-9A-F]{2}[!#$&-~]*)*$/)
          expect(ce.decodeHeaderValue('x', encoded)).toBe(text)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('stored text', () => {
  const added = fc.record(
    {
      millracebus: fc.string(),
      millracecount: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      millraceflag: fc.boolean(),
    },
    { requiredKeys: ['millracebus'] },
  )

  test('with attributes appended parses as the event with the attributes added', () => {
    fc.assert(
      fc.property(anyEventText, added, (text, attributes) => {
        const { bytes } = ce.scanStructured(text)
        const result = ce.withAttributes(bytes, attributes)
        const expected = { ...(JSON.parse(Buffer.from(bytes).toString()) as object), ...attributes }
        expect(JSON.parse(result.toString())).toEqual(expected)
      }),
      { numRuns: 1_000 },
    )
  })

  test('with attributes replaced parses as the event with the attributes set, whether it had them or not', () => {
    fc.assert(
      fc.property(
        anyEventText,
        added,
        fc.boolean(),
        fc.subarray(['id', 'time', 'subject']),
        (text, attributes, twice, names) => {
          const { bytes } = ce.scanStructured(text)
          const first = twice ? ce.withAttributes(bytes, attributes) : bytes
          const set = {
            ...attributes,
            ...Object.fromEntries(names.map(name => [name, '2026-01-31T12:00:00Z'])),
          }
          const result = ce.replaceAttributes(first, set)
          expect(JSON.parse(result.toString())).toEqual({
            ...(JSON.parse(Buffer.from(bytes).toString()) as object),
            ...set,
          })
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('keeps the bytes of its data through attributes replaced and binary mode', () => {
    fc.assert(
      fc.property(anyEvent, event => {
        const stored = ce.replaceAttributes(ce.encodeStructured(event), { millracebus: 'b' })
        const { headers, body } = ce.toBinary(stored)
        const again = ce.scanBinary(headers, body)
        expect(Buffer.from(body).toString('hex')).toBe(Buffer.from(event.data?.bytes ?? []).toString('hex'))
        expect(Buffer.from(ce.toBinary(again.bytes).body).toString('hex')).toBe(
          Buffer.from(body).toString('hex'),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  test('reads back the attributes that JSON.parse sees', () => {
    fc.assert(
      fc.property(anyEventText, text => {
        const { bytes } = ce.scanStructured(text)
        const parsed = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
        const expected = Object.entries(parsed).filter(
          ([name, value]) => name !== 'data' && name !== 'data_base64' && value !== null,
        )
        expect({ ...ce.readAttributes(bytes) }).toEqual(Object.fromEntries(expected))
      }),
      { numRuns: 1_000 },
    )
  })
})
