import { FakeClock } from '@millrace/spi/fake-clock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MillraceError } from '../error.ts'
import type { Accepted } from '../events.ts'
import { BatchPublisher } from './batch-publisher.ts'
import { type BusMood, FakeBus } from './fake-bus.ts'

const afterMs = fc.nat({ max: 3_000 })
const mood: fc.Arbitrary<BusMood> = fc.oneof(
  fc.record({ kind: fc.constant('well' as const), afterMs }),
  fc.record({ kind: fc.constant('answer-lost' as const), afterMs }),
  fc.record({ kind: fc.constant('unreachable' as const) }),
  fc.record({ kind: fc.constant('failing' as const) }),
  fc.record({ kind: fc.constant('full' as const) }),
  fc.record({ kind: fc.constant('overloaded' as const), retryAfterMs: fc.integer({ min: 1, max: 4_000 }) }),
)

const step = fc.record({
  key: fc.constantFrom(undefined, 'a', 'b'),
  isPoison: fc.nat({ max: 9 }).map(number => number === 0),
  pauseMs: fc.constantFrom(0, 0, 0, 1, 20, 900),
})

const scenario = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
  moods: fc.array(mood, { maxLength: 25 }),
  options: fc.record({
    countMax: fc.integer({ min: 1, max: 8 }),
    bytesMax: fc.constantFrom(1, 300, 1_000_000),
    lingerMs: fc.constantFrom(0, 5),
    requestsMax: fc.integer({ min: 1, max: 4 }),
    bufferedMax: fc.integer({ min: 1, max: 12 }),
    deadlineMs: fc.constantFrom(2_000, 600_000),
  }),
  requestEventsMax: fc.integer({ min: 1, max: 8 }),
  isClosedEarly: fc.boolean(),
})

type Ending = { readonly id: string; readonly key: string | undefined; accepted?: Accepted; error?: unknown }

test('whatever becomes of requests, each event is stored once or reported as failed, and each key keeps its order', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, moods, options, requestEventsMax, isClosedEarly }) => {
      const clock = new FakeClock()
      const bus = new FakeBus(clock, moods, requestEventsMax)
      const publisher = new BatchPublisher(bus.post, {
        ...options,
        orderBy: event => event.subject,
        clock,
        random: { next: () => 0.5 },
        drainMsMax: isClosedEarly ? 1_500 : 1_000_000,
      })
      const endings: Ending[] = []
      const produced: Promise<void>[] = []
      for (const [at, { key, isPoison, pauseMs }] of steps.entries()) {
        const ending: Ending = { id: `e${at}`, key }
        endings.push(ending)
        const event = { id: ending.id, source: '/s', type: 't', data: isPoison ? 'poison' : at }
        produced.push(
          publisher.publish(key === undefined ? event : { ...event, subject: key }).then(
            accepted => void (ending.accepted = accepted),
            (error: unknown) => void (ending.error = error),
          ),
        )
        expect(publisher.held.events).toBeLessThanOrEqual(options.bufferedMax)
        if (pauseMs > 0) await clock.advance(pauseMs)
      }
      const all = Promise.all([...produced, ...(isClosedEarly ? [publisher[Symbol.asyncDispose]()] : [])])
      await runToEnd(clock, all)
      await runToEnd(clock, publisher[Symbol.asyncDispose]())

      checkEndings(endings, bus)
      expect(bus.underWayMost).toBeLessThanOrEqual(options.requestsMax)
      expect(Math.max(...bus.requests, 0)).toBeLessThanOrEqual(options.countMax)
      expect(publisher.held).toEqual({ events: 0, bytes: 0 })
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 150 },
  )
}, 60_000)

function checkEndings(endings: readonly Ending[], bus: FakeBus): void {
  const stored = bus.storedIds
  expect(new Set(stored).size).toBe(stored.length)
  for (const { id, accepted, error } of endings) {
    if (accepted !== undefined) {
      expect(accepted).toMatchObject({ id, position: stored.indexOf(id) })
      continue
    }
    expect(error).toBeInstanceOf(MillraceError)
    const { problem } = error as MillraceError
    expect(stored.includes(id) && problem['mayBeStored'] !== true).toBe(false)
  }
  for (const key of ['a', 'b']) {
    const inOrder = endings.filter(ending => ending.key === key && stored.includes(ending.id))
    const positions = inOrder.map(({ id }) => stored.indexOf(id))
    expect(positions).toEqual(positions.toSorted((left, right) => left - right))
  }
}

/** Moves time on until the work is done; throws when time alone does not end it. */
async function runToEnd(clock: FakeClock, work: Promise<unknown>): Promise<void> {
  let isDone = false
  void work.finally(() => (isDone = true))
  await clock.settle()
  for (let turn = 0; turn < 10_000; turn++) {
    if (isDone) return
    const hasAdvanced = await clock.advanceToNext()
    if (!hasAdvanced && !isDone) throw new Error('nothing is due, and the work is not done')
  }
  throw new Error('the work does not end')
}
