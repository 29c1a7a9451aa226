import { FakeClock } from '@millrace/spi/fake-clock'
import { describe, expect, test } from 'vitest'
import { BatchPublisher } from './batch-publisher.ts'
import { type BusMood, FakeBus } from './fake-bus.ts'
import type { BatchPublisherOptions, FailedPublication } from './options.ts'

const event = (id: string) => ({ id, source: '/s', type: 't' })
const random = { next: () => 1 }

function place(options: BatchPublisherOptions = {}, moods: readonly BusMood[] = []) {
  const clock = new FakeClock()
  const bus = new FakeBus(clock, moods)
  return { clock, bus, publisher: new BatchPublisher(bus.post, { clock, random, ...options }) }
}

const slow = (afterMs: number): BusMood => ({ kind: 'well', afterMs })

describe('a publisher', () => {
  test('sends what comes together in one request, after its linger time', async () => {
    const { clock, bus, publisher } = place({ lingerMs: 10 })
    const published = ['a', 'b', 'c'].map(id => publisher.publish(event(id)))
    await clock.advance(9)
    expect(bus.requests).toEqual([])
    await clock.advance(1)
    expect(bus.requests).toEqual([3])
    expect(await Promise.all(published)).toMatchObject([
      { id: 'a', position: 0 },
      { id: 'b', position: 1 },
      { id: 'c', position: 2 },
    ])
  })

  test('does not wait when a request is full, by count or by bytes', async () => {
    const { clock, bus, publisher } = place({ countMax: 2, lingerMs: 1_000 })
    void publisher.publish(event('a'))
    void publisher.publish(event('b'))
    await clock.settle()
    expect(bus.requests).toEqual([2])

    const other = place({ bytesMax: 100, lingerMs: 1_000 })
    void other.publisher.publish(event('a'))
    void other.publisher.publish(event('b'))
    await other.clock.settle()
    expect(other.bus.storedIds).toEqual(['a'])
  })

  test('gives events an id once, so that a lost answer does not store them twice', async () => {
    const { clock, bus, publisher } = place({}, [{ kind: 'answer-lost', afterMs: 1 }])
    const published = publisher.publish({ source: '/s', type: 't' })
    await clock.advance(1_000)
    expect(await published).toMatchObject({ position: 0, duplicate: true, id: bus.storedIds[0] })
    expect(bus.requests).toEqual([1, 1])
    expect(bus.stored).toHaveLength(1)
  })

  test('waits as long as the server asks, with everything it holds', async () => {
    const { clock, bus, publisher } = place({}, [{ kind: 'overloaded', retryAfterMs: 7_000 }])
    void publisher.publish(event('a'))
    await clock.advance(100)
    void publisher.publish(event('b'))
    await clock.advance(6_900)
    expect(bus.requests).toEqual([1])
    await clock.advance(10)
    expect(bus.storedIds.toSorted()).toEqual(['a', 'b'])
  })

  test('doubles its pauses up to their limit', async () => {
    const { clock, bus, publisher } = place(
      { lingerMs: 0, retry: { delayMsMin: 100, delayMsMax: 400 } },
      Array.from({ length: 4 }, () => ({ kind: 'failing' as const })),
    )
    void publisher.publish(event('a'))
    for (const [atMs, requests] of [
      [0, 1],
      [100, 2],
      [300, 3],
      [700, 4],
      [1_100, 5],
    ] as const) {
      await clock.advance(atMs - (clock.nowMs() - Date.UTC(2026, 0, 1)))
      expect(bus.requests).toHaveLength(requests)
    }
    expect(bus.storedIds).toEqual(['a'])
  })

  test('tells of each event that is refused for good, and stores the others', async () => {
    const failures: FailedPublication[] = []
    const { clock, publisher } = place({ onFailed: failure => failures.push(failure) })
    const outcomes = publisher.publishAll([event('a'), { ...event('b'), data: 'poison' }, event('c')])
    await clock.advance(10)
    expect(await outcomes).toMatchObject([
      { position: 0 },
      { id: 'b', error: { code: 'event.too-large' } },
      { position: 1 },
    ])
    expect(failures).toMatchObject([{ event: { id: 'b' }, error: { code: 'event.too-large' } }])
  })

  test('gives up at the deadline, and says whether the event may be stored all the same', async () => {
    const lost = Array.from({ length: 50 }, () => ({ kind: 'answer-lost' as const, afterMs: 10 }))
    const { clock, publisher } = place({ deadlineMs: 2_000 }, lost)
    const { accepted } = await publisher.enqueue(event('a'))
    await clock.advance(10_000)
    await expect(accepted).rejects.toMatchObject({
      code: 'client.publish-deadline',
      problem: { mayBeStored: true },
    })
    expect(publisher.held.events).toBe(0)
  })

  test('splits what is too large for the server', async () => {
    const clock = new FakeClock()
    const bus = new FakeBus(clock, [], 3)
    const publisher = new BatchPublisher(bus.post, { clock, random })
    void publisher.publishAll(Array.from({ length: 10 }, (_, at) => event(`e${at}`)))
    await clock.advance(10)
    expect(bus.requests[0]).toBe(10)
    expect(bus.storedIds).toEqual(Array.from({ length: 10 }, (_, at) => `e${at}`))
  })
})

describe('a full publisher', () => {
  test('lets the producer wait until there is room, in turn', async () => {
    const { clock, bus, publisher } = place({ bufferedMax: 2, lingerMs: 0 }, [slow(100)])
    const taken: string[] = []
    for (const id of ['a', 'b', 'c', 'd', 'e']) void publisher.enqueue(event(id)).then(() => taken.push(id))
    await clock.settle()
    expect(taken).toEqual(['a', 'b'])
    await clock.advance(100)
    expect(taken).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(bus.storedIds).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('refuses where it is told to, and where too many wait', async () => {
    const { publisher } = place({ bufferedMax: 1, whenFull: 'refuse' })
    await publisher.enqueue(event('a'))
    await expect(publisher.enqueue(event('b'))).rejects.toMatchObject({ code: 'client.publisher-full' })

    const patient = place({ bufferedMax: 1, waitingMax: 1 })
    await patient.publisher.enqueue(event('a'))
    void patient.publisher.enqueue(event('b'))
    await expect(patient.publisher.enqueue(event('c'))).rejects.toMatchObject({
      code: 'client.publisher-full',
    })
    await patient.clock.advance(10)
  })

  test('does not publish an event whose producer has stopped waiting for room', async () => {
    const { clock, bus, publisher } = place({ bufferedMax: 1 }, [slow(100)])
    await publisher.enqueue(event('a'))
    const leaving = new AbortController()
    const waiting = publisher.publish(event('b'), leaving.signal)
    leaving.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await clock.advance(1_000)
    expect(bus.storedIds).toEqual(['a'])
  })

  test('refuses an event that it could never hold', async () => {
    const { publisher } = place({ bufferedBytesMax: 10 })
    await expect(publisher.enqueue(event('a'))).rejects.toMatchObject({
      code: 'client.event-too-large',
      problem: { limit: 10 },
    })
  })
})

describe('the end of a publisher', () => {
  test('a flush sends at once and counts what became of everything since the last one', async () => {
    const { clock, publisher } = place({ lingerMs: 60_000, countMax: 2 })
    await publisher.enqueue(event('c'))
    await publisher.enqueue(event('d'))
    await clock.settle()
    await publisher.enqueue(event('a'))
    await publisher.enqueue({ ...event('b'), data: 'poison' })
    const flushed = publisher.flush()
    await clock.advance(0)
    expect(await flushed).toEqual({ accepted: 3, failed: 1 })
    expect(await publisher.flush()).toEqual({ accepted: 0, failed: 0 })
  })

  test('closing sends what is held, and takes nothing more', async () => {
    const { clock, bus, publisher } = place({ lingerMs: 60_000 })
    await publisher.enqueue(event('a'))
    const closed = publisher[Symbol.asyncDispose]()
    await expect(publisher.publish(event('b'))).rejects.toMatchObject({ code: 'client.publisher-closed' })
    await clock.advance(0)
    await closed
    expect(bus.storedIds).toEqual(['a'])
    expect(clock.pending).toBe(0)
  })

  test('closing gives up what the server does not take in time', async () => {
    const { clock, publisher } = place({ drainMsMax: 500 }, [slow(60_000)])
    const [first, second] = [publisher.publish(event('a')), publisher.publish(event('b'))]
    const outcomes = Promise.allSettled([first, second])
    await clock.advance(10)
    const closed = publisher[Symbol.asyncDispose]()
    await clock.advance(500)
    await closed
    const error = { code: 'client.publisher-closed', problem: { mayBeStored: true } }
    expect(await outcomes).toMatchObject([{ reason: error }, { reason: error }])
  })
})

test('no timer is left when there is nothing to wait for, and the process may end', async () => {
  const { clock, publisher } = place({ requestsMax: 1, lingerMs: 1_000 }, [slow(10)])
  await publisher.enqueue(event('a'))
  const flushed = publisher.flush()
  await publisher.enqueue(event('b'))
  await clock.advance(10)
  await flushed
  await publisher.flush()
  expect(clock.pending).toBe(0)
})

test('options beyond their limits are refused by name', () => {
  expect(() => place({ countMax: 1_001 })).toThrow('countMax is 1001')
})
