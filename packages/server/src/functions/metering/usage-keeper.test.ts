import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import type { Metering } from '../invoke/index.ts'
import { defaultUsageLimits, UsageKeeper } from './usage-keeper.ts'

const metering: Metering = {
  durationMs: 20,
  billedMs: 10,
  waitMs: 5,
  coldStart: true,
  phases: { scheduleMs: 1, codeMs: 1, runtimeMs: 2, initializeMs: 1 },
  memoryMiB: 1_024,
  cpu: 2,
  memoryKiBMax: 1,
  instanceId: 'c',
  version: '1',
}
const identity = { requestId: 'r', qualifier: undefined, calledAtMs: 0, errorType: undefined }
const all = { from: '2026-01-01', to: '2099-12-31' }

async function open() {
  const storage = await openStorage()
  const clock = new FakeClock()
  const warned: string[] = []
  const log = { debug: () => {}, info: () => {}, error: () => {}, warn: (text: string) => warned.push(text) }
  const make = (): UsageKeeper =>
    new UsageKeeper({ documents: storage.documents, clock, log, limits: defaultUsageLimits })
  return { storage, clock, warned, make }
}

test('sums go on where an earlier server has stopped', async () => {
  const { make } = await open()
  for (let life = 0; life < 3; life++) {
    await using keeper = make()
    keeper.invoked('acc/f', life === 1 ? 'timed-out' : 'ok', metering, identity)
  }
  await using keeper = make()
  expect(await keeper.read('acc', all)).toEqual([
    {
      day: '2026-01-01',
      function: 'f',
      invocations: 3,
      failures: { 'timed-out': 1 },
      refusals: {},
      cancelled: 0,
      coldStarts: 3,
      coldStartMs: { schedule: 3, code: 3, runtime: 6, initialize: 3 },
      durationMs: 30,
      gibSeconds: expect.closeTo(0.03),
      cpuSeconds: expect.closeTo(0.06),
    },
  ])
})

test('are written every few seconds, and kept while the storage fails', async () => {
  const { storage, clock, warned, make } = await open()
  await using keeper = make()
  keeper.start()
  keeper.cancelled('acc/f')
  const put = storage.documents.put.bind(storage.documents)
  storage.documents.put = () => Promise.reject(new Error('the disk is full'))
  await clock.advance(defaultUsageLimits.flushMs)
  expect(warned).toHaveLength(1)
  storage.documents.put = put
  keeper.refused('acc/f', 'function.throttled')
  await clock.advance(defaultUsageLimits.flushMs)
  await using other = make()
  expect(await other.read('acc', all)).toMatchObject([
    { cancelled: 1, refusals: { 'function.throttled': 1 } },
  ])
})

test('of one account do not show in another, and go after the days that are kept', async () => {
  const { clock, make } = await open()
  {
    await using keeper = make()
    keeper.invoked('acc/f', 'ok', metering, identity)
    keeper.invoked('acc2/f', 'ok', metering, identity)
    expect(await keeper.read('acc', all)).toHaveLength(1)
  }
  await clock.advance((defaultUsageLimits.daysMax + 1) * 86_400_000)
  {
    await using _keeper = make()
  }
  await using keeper = make()
  expect(await keeper.read('acc', all)).toEqual([])
})
