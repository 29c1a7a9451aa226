import * as client from '@platformatic/kafka'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FetchedRecords } from './fetched-records.ts'
import type { KafkaSinkOptions } from './options.ts'
import { type PreparedRecord, RecordMaker } from './outgoing.ts'
import { encodeBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
const header = fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 20 }))
const record = fc.record({
  key: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
  value: fc.option(bytes, { nil: undefined }),
  headers: fc.uniqueArray(header, { maxLength: 3, selector: ([name]) => name }),
})
type Given = typeof record extends fc.Arbitrary<infer Value> ? Value : never
const records = fc.array(record, { minLength: 1, maxLength: 30 })
const compression = fc.constantFrom(
  'none' as const,
  'gzip' as const,
  'snappy' as const,
  'lz4' as const,
  'zstd' as const,
)
const timestampMs = fc.integer({ min: 0, max: 4_102_444_800_000 })

const options = { topic: 't', mode: 'body', recordBytesMax: 1_000_000 } as KafkaSinkOptions
const maker = new RecordMaker(options)
const event = Buffer.from('{}')

function prepared(given: Given): PreparedRecord {
  const { key, value, headers } = given
  return maker.make({
    event,
    id: 'e',
    source: '/s',
    type: 't',
    body: value ?? Buffer.alloc(0),
    contentType: undefined,
    attempt: 1,
    parameters: {
      ...(key === undefined ? {} : { key }),
      ...(value === undefined ? { tombstone: 'true' } : {}),
      ...Object.fromEntries(headers.map(([name, text]) => [`headers.${name}`, text])),
    },
  })
}

interface Read {
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | undefined
  readonly value: Buffer | undefined
  readonly headers: readonly (readonly [string, string])[]
}

function readAll(batch: Buffer, from = 0): Read[] {
  const fetched = new FetchedRecords(client, batch, from, [])
  const found: Read[] = []
  for (let cursor = fetched.next(); cursor !== undefined; cursor = fetched.next()) {
    if (!(cursor instanceof RecordCursor)) throw new Error(cursor.fault)
    const { bytes: all, keyStart, keyLength, valueStart, valueLength } = cursor
    const part = (start: number, length: number): Buffer | undefined =>
      length < 0 ? undefined : Buffer.from(all.subarray(start, start + length))
    found.push({
      offset: cursor.offset,
      timestampMs: cursor.timestampMs,
      key: part(keyStart, keyLength)?.toString(),
      value: part(valueStart, valueLength),
      headers: cursor.headers().map(([name, value]) => [name, value?.toString() ?? ''] as const),
    })
  }
  return found
}

test('what is written in a batch is read from it, in every compression', () => {
  fc.assert(
    fc.property(records, compression, timestampMs, (given, kind, timeMs) => {
      const plan = { client, timestampMs: timeMs, compression: kind, identity: undefined, sequence: 0 }
      const found = readAll(encodeBatch(given.map(prepared), plan))
      expect(found).toEqual(
        given.map(({ key, value, headers }, offset) => ({
          offset,
          timestampMs: timeMs,
          key: key?.toWellFormed(),
          value,
          headers: headers.map(([name, text]) => [name.toWellFormed(), text.toWellFormed()]),
        })),
      )
    }),
  )
})

test('the library reads what is written here, and what it writes is read here', () => {
  fc.assert(
    fc.property(records, timestampMs, (given, timeMs) => {
      const plan = {
        client,
        timestampMs: timeMs,
        compression: 'none' as const,
        identity: undefined,
        sequence: 0,
      }
      const batch = encodeBatch(given.map(prepared), plan)
      const [theirs] = client.readRecordsBatches(client.Reader.from(batch))
      expect(theirs?.records.map(({ value, offsetDelta }) => [offsetDelta, value])).toEqual(
        given.map(({ value }, i) => [i, value ?? null]),
      )
      const messages = given.map(({ key, value, headers }) => ({
        topic: 't',
        key: key === undefined ? undefined : Buffer.from(key),
        value: value as Buffer,
        timestamp: BigInt(timeMs),
        headers: new Map(headers.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      }))
      const written = client.createRecordsBatch(messages as never)
      expect(readAll(written.buffer).map(({ value, timestampMs: at }) => [value, at])).toEqual(
        given.map(({ value }) => [value, timeMs]),
      )
    }),
  )
})

test('reading begins at the offset that was asked for, and an end that is cut off is left', () => {
  const given = ['a', 'b', 'c'].map(text => prepared({ key: text, value: Buffer.from(text), headers: [] }))
  const plan = { client, timestampMs: 1, compression: 'none' as const, identity: undefined, sequence: 0 }
  const batch = encodeBatch(given, plan)
  expect(readAll(batch, 1).map(({ offset }) => offset)).toEqual([1, 2])
  expect(readAll(Buffer.concat([batch, batch.subarray(0, batch.length - 1)]))).toHaveLength(3)
  expect(new FetchedRecords(client, batch.subarray(0, 40), 0, []).endOffset).toBeUndefined()
})

test('no damage to a batch is taken for records, or throws', () => {
  fc.assert(
    fc.property(
      records,
      compression,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (given, kind, at, change) => {
        const plan = { client, timestampMs: 5, compression: kind, identity: undefined, sequence: 0 }
        const batch = encodeBatch(given.map(prepared), plan)
        // Behind the checksum, which is what it protects.
        const place = 21 + (at % (batch.length - 21))
        batch[place] = (batch[place] ?? 0) ^ change
        const found = new FetchedRecords(client, batch, 0, []).next()
        expect(found instanceof RecordCursor).toBe(false)
      },
    ),
  )
})
