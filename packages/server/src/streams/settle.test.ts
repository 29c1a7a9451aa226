import { AppError, ok, type Outcome, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'
import { seededRandom } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import type { RetrySpec } from '../resources/index.ts'
import { Lane } from './lane.ts'
import { settle } from './settle.ts'
import { Unit } from './unit.ts'

const custom: RetrySpec = {
  strategy: 'CUSTOM',
  retriesMax: 2,
  ageMsMax: 1e9,
  delayMsMin: 100,
  delayMsMax: 800,
}

function units(count: number): Unit[] {
  const lane = new Lane('')
  const event = new Uint8Array(0)
  return Array.from({ length: count }, (_, index) => {
    const id = String(index)
    return new Unit(event, id, event, 0, lane, { event, id, partition: '' })
  })
}

const failed = (retry: RetryHint): Outcome => ({
  status: 'failed',
  error: new AppError('sink.failed', 'no', retry),
})

const decide = (batch: Unit[], outcomes: Outcome[], nowMs = 0, retry = custom) =>
  settle(batch, outcomes, retry, nowMs, seededRandom(1))

test('each record goes by its own outcome', () => {
  const [first, second, third] = units(3)
  const settlement = decide([first!, second!, third!], [ok, failed(retryBackoff), failed(retryNever)])
  expect(settlement.written).toEqual([first])
  expect(settlement.again).toEqual([second])
  expect(settlement.exhausted.map(({ unit }) => unit)).toEqual([third])
})

test('records that fail together are tried together, at one time', () => {
  const batch = units(50)
  const { again, dueAtMs } = decide(
    batch,
    batch.map(() => failed(retryBackoff)),
    1_000,
  )
  expect(again).toEqual(batch)
  expect(dueAtMs).toBeGreaterThanOrEqual(1_100)
})

test('retries are used up after as many as the policy has', () => {
  const batch = units(1)
  const kinds = [0, 1, 2].map(() => decide(batch, [failed(retryBackoff)]).exhausted.length)
  expect(kinds).toEqual([0, 0, 1])
})

test('a pause that the sink asks for puts off the batch', () => {
  const batch = units(2)
  const { dueAtMs } = decide(batch, [failed(retryBackoff), failed({ kind: 'after', delayMs: 5_000 })])
  expect(dueAtMs).toBe(5_000)
})

test('a sink that did not look uses up no retries, one that was merely early nothing at all', () => {
  const [unit] = units(1)
  for (let turn = 0; turn < 10; turn++) {
    expect(decide([unit!], [failed({ kind: 'uncounted' })]).again).toEqual([unit])
    expect(decide([unit!], [failed({ kind: 'uncounted', delayMs: 50 })], 7).dueAtMs).toBe(57)
  }
  expect(unit).toMatchObject({ failures: 0, unheard: 10 })
})
