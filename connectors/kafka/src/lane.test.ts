import * as client from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { FetchedRecords } from './fetched-records.ts'
import { Lane } from './lane.ts'
import { MessageEvents } from './message-event.ts'
import type { KafkaSinkOptions } from './options.ts'
import { RecordMaker } from './outgoing.ts'
import { encodeBatch } from './record-batch.ts'
import { Slab } from './slab.ts'

const forms = { bodyForm: 'json', keyForm: 'text', recordBytesMax: 1_000 } as const
const maker = new RecordMaker({ topic: 't', mode: 'body', recordBytesMax: 1_000 } as KafkaSinkOptions)

function newLane(position = 0): Lane {
  const events = new MessageEvents('i', 't', 0, forms, new Slab())
  return new Lane({ topic: 't', partition: 0, events, isCloudEvents: false, recordBytesMax: 1_000 }, position)
}

function batch(texts: readonly string[], header = '', offset = 0): Buffer {
  const records = texts.map(text =>
    maker.make({
      event: Buffer.from('{}'),
      id: 'e',
      source: '/s',
      type: 't',
      body: Buffer.from(text),
      contentType: undefined,
      attempt: 1,
      parameters: header === '' ? {} : { 'headers.h': header },
    }),
  )
  const plan = { client, timestampMs: 1, compression: 'none' as const, identity: undefined, sequence: 0 }
  const bytes = encodeBatch(records, plan)
  bytes.writeBigInt64BE(BigInt(offset), 0)
  return bytes
}

function fetched(bytes: Buffer, from = 0): FetchedRecords {
  return new FetchedRecords(client, bytes, from, [])
}

/** Makes the checksum of a changed batch right again, as a faulty producer would. */
function resealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(client.crc32c(bytes.subarray(21)), 17)
  return bytes
}

function takeAll(lane: Lane) {
  const taken = []
  for (let record = lane.take(); record !== undefined; record = lane.take()) taken.push(record)
  return taken
}

test('records come in order, and the lane knows where it stands', () => {
  const lane = newLane()
  lane.add(fetched(batch(['1', '2'])))
  lane.add(fetched(batch(['3'], '', 2), 2))
  expect(lane.position).toBe(3)
  expect(lane.bufferedBytes).toBeGreaterThan(0)
  expect(takeAll(lane).map(({ id, next }) => [id, next])).toEqual([
    ['t-0-0', 1],
    ['t-0-1', 2],
    ['t-0-2', 3],
  ])
  expect([lane.readTo, lane.bufferedBytes]).toEqual([3, 0])
})

test('a record that was given back comes again, and does not count as read', () => {
  const lane = newLane()
  lane.add(fetched(batch(['1', '2'])))
  lane.take()
  const before = lane.readTo
  const second = lane.take()!
  lane.hold(second, before)
  expect(lane.readTo).toBe(1)
  expect(lane.take()).toBe(second)
  expect(lane.readTo).toBe(2)
})

test('a batch with a wrong checksum is one fault, and a commit of it passes it over', () => {
  const lane = newLane()
  const broken = batch(['1', '2'])
  broken[broken.length - 3] = 0xff
  lane.add(fetched(Buffer.concat([broken, batch(['3'], '', 2)])))
  const [bad, good] = takeAll(lane)
  expect(bad).toMatchObject({ id: 't-0-0', next: 2, fault: { code: 'record.malformed' } })
  expect(good).toMatchObject({ id: 't-0-2', next: 3 })
  expect(good).not.toHaveProperty('fault')
})

test('headers that cannot be taken apart are a fault of their record alone', () => {
  const lane = newLane()
  const bytes = batch(['1'], 'abc')
  // The last byte but three is the length of the value of the header.
  bytes[bytes.length - 4] = 0x7e
  lane.add(fetched(Buffer.concat([resealed(bytes), batch(['2'], '', 1)])))
  expect(takeAll(lane)).toMatchObject([{ id: 't-0-0', fault: { code: 'record.malformed' } }, { id: 't-0-1' }])
})

test('the end of a transaction is done with as soon as all before it is', () => {
  const lane = newLane()
  const control = batch(['1'], '', 1)
  control.writeInt16BE(0b11_0000, 21)
  lane.add(fetched(Buffer.concat([batch(['1']), resealed(control)])))
  const [record] = takeAll(lane)
  expect(lane.readTo).toBe(1)
  expect(lane.want(record!.next)).toBe(true)
  expect([lane.wanted, lane.readTo]).toEqual([2, 2])
})

test('records of aborted transactions are left out', () => {
  const lane = newLane()
  const aborted = batch(['1'])
  aborted.writeInt16BE(0b1_0000, 21)
  aborted.writeBigInt64BE(7n, 43)
  const bytes = Buffer.concat([resealed(aborted), batch(['2'], '', 1)])
  lane.add(new FetchedRecords(client, bytes, 0, [{ producerId: 7n, firstOffset: 0 }]))
  expect(takeAll(lane).map(({ id }) => id)).toEqual(['t-0-1'])
})
