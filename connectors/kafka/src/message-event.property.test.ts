import * as client from '@platformatic/kafka'
import { bodyJson, sourceEvent } from '@millrace/spi'
import { parseStructured } from '@millrace/cloudevents'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FetchedRecords } from './fetched-records.ts'
import { type MessageEvent, MessageEvents, type MessageForms } from './message-event.ts'
import type { KafkaSinkOptions } from './options.ts'
import { RecordMaker } from './outgoing.ts'
import { encodeBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'
import { Slab } from './slab.ts'

const maker = new RecordMaker({ topic: 't', mode: 'body', recordBytesMax: 1_000_000 } as KafkaSinkOptions)

interface Given {
  readonly key: string | undefined
  readonly value: Buffer | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Writes records as a broker would hand them over, and makes events of them. */
function eventsOf(
  given: readonly Given[],
  forms: Partial<MessageForms>,
  timestampMs = 1_767_323_045_589,
): MessageEvent[] {
  const records = given.map(({ key, value, headers }) =>
    maker.make({
      event: Buffer.from('{}'),
      id: 'e',
      source: '/s',
      type: 't',
      body: value ?? Buffer.alloc(0),
      contentType: undefined,
      attempt: 1,
      parameters: {
        ...(key === undefined ? {} : { key }),
        ...(value === undefined ? { tombstone: 'true' } : {}),
        ...Object.fromEntries(Object.entries(headers).map(([name, text]) => [`headers.${name}`, text])),
      },
    }),
  )
  const plan = { client, timestampMs, compression: 'none' as const, identity: undefined, sequence: 0 }
  const fetched = new FetchedRecords(client, encodeBatch(records, plan), 0, [])
  const all: MessageForms = { bodyForm: 'json', keyForm: 'text', recordBytesMax: 1_000_000, ...forms }
  const events = new MessageEvents('inst-ü', 't', 3, all, new Slab())
  const written: MessageEvent[] = []
  for (let cursor = fetched.next(); cursor instanceof RecordCursor; cursor = fetched.next()) {
    written.push(events.write(cursor))
  }
  return written
}

/** The same event by way of objects, one piece after the other. */
function slowEvent(
  { key, value, headers }: Given,
  offset: number,
  bodyForm: MessageForms['bodyForm'],
): unknown {
  const list = Object.entries(headers).map(([name, text]) => ({ key: name, value: text }))
  const data = `{"topic":"t","partition":3,"offset":${offset},"timestamp":1767323045589,"headers":${JSON.stringify({ headers: list, isReadOnly: false })},"key":${JSON.stringify(key ?? null)},"value":${value === undefined ? 'null' : bodyJson(value, bodyForm)}}`
  const event = sourceEvent({
    id: `t-3-${offset}`,
    source: 'acs:alikafka',
    type: 'alikafka:Topic:Message',
    subject: 'acs:alikafka:inst-ü:topic:t',
    timeMs: 1_767_323_045_589,
    data,
  })
  return JSON.parse(Buffer.from(event).toString())
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter(text => text !== '__proto__')
const given = fc.record({
  key: fc.option(fc.string({ unit: 'grapheme', maxLength: 10 }), { nil: undefined }),
  value: fc.option(
    fc.jsonValue().map(value => Buffer.from(JSON.stringify(value))),
    { nil: undefined },
  ),
  headers: fc.oneof(
    fc.constant({}),
    fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 10 }), { maxKeys: 2 }),
  ),
})

test('events are those that the slow way makes, in every form', () => {
  fc.assert(
    fc.property(
      fc.array(given, { maxLength: 8 }),
      fc.constantFrom('json', 'text', 'binary'),
      (list, bodyForm) => {
        for (const [offset, { event, fault }] of eventsOf(list, { bodyForm }).entries()) {
          expect(fault).toBeUndefined()
          parseStructured(event)
          expect(JSON.parse(event.toString())).toEqual(slowEvent(list[offset]!, offset, bodyForm))
        }
      },
    ),
  )
})

test('bytes of every kind make a valid event or one with a fault', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('json', 'text', 'binary'),
      (bytes, bodyForm) => {
        const [written] = eventsOf([{ key: undefined, value: Buffer.from(bytes), headers: {} }], { bodyForm })
        parseStructured(written!.event)
        let fault: unknown
        try {
          bodyJson(bytes, bodyForm)
        } catch (thrown) {
          fault = thrown
        }
        expect(written?.fault?.code).toBe((fault as { code?: string } | undefined)?.code)
      },
    ),
  )
})

test('a value cannot break out of its place', () => {
  for (const text of ['1},"id":"x","y":{"a":1', '1,"topic":"other"', '"', '', ' ', '{"a":1}}']) {
    const [written] = eventsOf([{ key: 'k', value: Buffer.from(text), headers: {} }], {})
    expect(written?.fault).toMatchObject({ code: 'record.malformed', retry: { kind: 'never' } })
    expect(written?.fault?.message).not.toContain('other')
    expect(JSON.parse(written!.event.toString())).toMatchObject({
      id: 't-3-0',
      data: { topic: 't', value: text },
    })
  }
})

test('a value above the limit is left out and said to be too large', () => {
  const value = Buffer.from(`"${'x'.repeat(20)}"`)
  const [written] = eventsOf([{ key: 'k', value, headers: {} }], { recordBytesMax: 21 })
  expect(written?.fault).toMatchObject({ code: 'record.too-large', details: { limit: 21, seen: 22 } })
  expect(JSON.parse(written!.event.toString())).toMatchObject({ data: { key: 'k', value: null } })
})

test('numbers keep their digits', () => {
  const [written] = eventsOf(
    [{ key: undefined, value: Buffer.from('12345678901234567890.10'), headers: {} }],
    {},
  )
  expect(written?.event.toString()).toContain('"value":12345678901234567890.10}')
})

test('keys may be binary', () => {
  const [written] = eventsOf([{ key: 'k', value: undefined, headers: {} }], { keyForm: 'binary' })
  expect(JSON.parse(written!.event.toString())).toMatchObject({ data: { key: 'aw==', value: null } })
})
