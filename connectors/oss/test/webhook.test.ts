import { setImmediate } from 'node:timers/promises'
import type { DoorRequest } from '@millrace/spi'
import { SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'

const never = new AbortController().signal
const limits = { recordsMax: 10, bytesMax: 1_000_000 }

function told(...keys: string[]): DoorRequest {
  const Records = keys.map(key => ({
    eventName: 's3:ObjectCreated:Put',
    responseElements: { 'x-amz-request-id': key },
    s3: { bucket: { name: 'demo' }, object: { key } },
  }))
  const body = Buffer.from(JSON.stringify({ Records }))
  return { method: 'POST', target: '', headers: {}, remoteAddress: '127.0.0.1', body }
}

test('a notification is answered when all of its objects are done, and not before', async () => {
  const host = new SourceHost()
  await using source = host.open(connector, {})
  const read = source.read(limits, never)
  const answer = host.knock(told('a', 'b'), never)
  const records = [...(await read)]
  while (records.length < 2) records.push(...(await source.read(limits, never)))
  let isAnswered = false
  void answer.then(() => (isAnswered = true))
  await source.commit(records.slice(1))
  await setImmediate()
  expect(isAnswered).toBe(false)
  await source.commit(records.slice(0, 1))
  expect(await answer).toMatchObject({ status: 200 })
  expect(await source.lag?.(never)).toEqual({ records: 0 })
})

test('more objects than may wait are sent away for a while', async () => {
  const host = new SourceHost()
  await using source = host.open(connector, { waitingMax: 2 })
  const read = source.read(limits, never)
  const first = host.knock(told('a', 'b'), never)
  expect(await host.knock(told('c'), never)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  const records = [...(await read)]
  while (records.length < 2) records.push(...(await source.read(limits, never)))
  await source.commit(records)
  expect(await first).toMatchObject({ status: 200 })
  const again = host.knock(told('c'), never)
  const [record] = await source.read(limits, never)
  expect(record?.id).toBe('c')
  await source.commit([record!])
  expect(await again).toMatchObject({ status: 200 })
})

test('a notification whose stream stops, or whose caller leaves, is not taken', async () => {
  const host = new SourceHost()
  const source = host.open(connector, {})
  const enough = new AbortController()
  const read = source.read(limits, enough.signal)
  enough.abort(new Error('enough'))
  await expect(read).rejects.toThrow('enough')
  const gone = new AbortController()
  const left = host.knock(told('a'), gone.signal)
  gone.abort()
  expect(await left).toMatchObject({ status: 504 })
  const stopped = host.knock(told('b'), never)
  await source[Symbol.asyncDispose]()
  expect(await stopped).toMatchObject({ status: 503 })
  expect(await host.knock(told('c'), never)).toMatchObject({ status: 503 })
})
