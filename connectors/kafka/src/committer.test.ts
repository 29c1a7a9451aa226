import { AppError, retryBackoff, systemClock } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { Committer } from './committer.ts'
import { protocolError } from './errors.ts'
import { KafkaRecord, Lane } from './lane.ts'
import { MessageEvents } from './message-event.ts'
import { Slab } from './slab.ts'

const never = new AbortController().signal

/** Stands where a broker would: each commit waits until the test answers it. */
class Coordinator {
  isStable = true
  hurries = 0
  readonly asked: Map<number, number>[] = []
  #answer: ((refused: Map<number, AppError>) => void) | undefined
  #refuse: ((error: AppError) => void) | undefined

  commit(offsets: ReadonlyMap<number, number>): Promise<Map<number, AppError>> {
    this.asked.push(new Map(offsets))
    const { promise, resolve, reject } = Promise.withResolvers<Map<number, AppError>>()
    this.#answer = resolve
    this.#refuse = reject
    return promise
  }

  hurry(): void {
    this.hurries++
  }

  async answer(refused: Record<number, AppError> = {}): Promise<void> {
    this.#answer?.(new Map(Object.entries(refused).map(([partition, error]) => [Number(partition), error])))
    await new Promise(resolve => setImmediate(resolve))
  }

  async fail(error: AppError): Promise<void> {
    this.#refuse?.(error)
    await new Promise(resolve => setImmediate(resolve))
  }
}

function newLane(partition: number): Lane {
  const forms = { bodyForm: 'json', keyForm: 'text', recordBytesMax: 1 } as const
  const events = new MessageEvents('i', 't', partition, forms, new Slab())
  return new Lane({ topic: 't', partition, events, isCloudEvents: false, recordBytesMax: 1 }, 0)
}

function record(lane: Lane, offset: number): KafkaRecord {
  lane.readTo = Math.max(lane.readTo, offset + 1)
  return new KafkaRecord(lane, Buffer.alloc(0), `${offset}`, 0, offset + 1)
}

function setUp() {
  const coordinator = new Coordinator()
  const lanes = [newLane(0), newLane(1)] as const
  const committer = new Committer(coordinator, () => lanes, never)
  return { coordinator, committer, first: lanes[0], second: lanes[1] }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const settle = (): void => void (settled = true)
  promise.then(settle, settle)
  await new Promise(resolve => setImmediate(resolve))
  return settled
}

describe('commits', () => {
  test('go together while one is under way, and each resolves with its own', async () => {
    const { coordinator, committer, first, second } = setUp()
    const a = committer.commit([record(first, 0)])
    const b = committer.commit([record(first, 4), record(second, 2)])
    const c = committer.commit([record(first, 5)])
    expect(coordinator.asked).toEqual([new Map([[0, 1]])])
    await coordinator.answer()
    expect([await isSettled(a), await isSettled(b)]).toEqual([true, false])
    expect(coordinator.asked[1]).toEqual(
      new Map([
        [0, 6],
        [1, 3],
      ]),
    )
    await coordinator.answer()
    await Promise.all([a, b, c])
    expect(coordinator.asked).toHaveLength(2)
  })

  test('of what is committed already, or of nothing, ask nobody', async () => {
    const { coordinator, committer, first } = setUp()
    const a = committer.commit([record(first, 3)])
    await coordinator.answer()
    await a
    await committer.commit([record(first, 1)])
    await committer.commit([])
    expect(coordinator.asked).toHaveLength(1)
  })

  test('of lost partitions are refused, those that wait too', async () => {
    const { coordinator, committer, first } = setUp()
    const waiting = committer.commit([record(first, 0)])
    first.isLost = true
    committer.settle()
    await expect(waiting).rejects.toMatchObject({ code: 'source.lost' })
    await expect(committer.commit([record(first, 1)])).rejects.toMatchObject({ code: 'source.lost' })
    await coordinator.answer()
  })

  test('wait while the group is sharing out, and go on afterwards', async () => {
    const { coordinator, committer, first } = setUp()
    const a = committer.commit([record(first, 0)])
    coordinator.isStable = false
    await coordinator.answer({ 0: protocolError('REBALANCE_IN_PROGRESS', 'source', 'Group g') })
    expect(await isSettled(a)).toBe(false)
    expect(coordinator.hurries).toBe(1)
    coordinator.isStable = true
    committer.kick()
    await coordinator.answer()
    await a
    expect(coordinator.asked).toHaveLength(2)
  })

  test('that the coordinator could not be asked for fail, and may be tried again', async () => {
    const { coordinator, committer, first } = setUp()
    const a = committer.commit([record(first, 0)])
    a.catch(() => undefined)
    await coordinator.fail(new AppError('source.unavailable', 'The broker is gone.', retryBackoff))
    await expect(a).rejects.toMatchObject({ code: 'source.unavailable' })
    const again = committer.commit([record(first, 0)])
    await coordinator.answer()
    await again
  })

  test('refused for one partition leave the others', async () => {
    const { coordinator, committer, first, second } = setUp()
    const a = committer.commit([record(first, 0)])
    await coordinator.answer()
    await a
    const both = [committer.commit([record(first, 1)]), committer.commit([record(second, 1)])]
    both[0]?.catch(() => undefined)
    await coordinator.answer({ 0: protocolError('TOPIC_AUTHORIZATION_FAILED', 'source', 'Topic t') })
    await expect(both[0]).rejects.toMatchObject({ code: 'source.unauthorized' })
    await coordinator.answer()
    await both[1]
  })
})

describe('letting go', () => {
  test('ends as soon as all that was read is committed', async () => {
    const { coordinator, committer, first } = setUp()
    const read = record(first, 0)
    const drained = committer.drain(systemClock, 60_000, never)
    expect(await isSettled(drained)).toBe(false)
    const commit = committer.commit([read])
    await coordinator.answer()
    await Promise.all([drained, commit])
  })

  test('ends when the time is up', async () => {
    const { committer, first } = setUp()
    record(first, 0)
    const clock = new FakeClock()
    const drained = committer.drain(clock, 3_000, never)
    await clock.advance(3_000)
    await drained
    expect(clock.pending).toBe(0)
  })
})
