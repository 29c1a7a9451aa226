import { FakeClock } from '@millrace/spi/fake-clock'
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../error.ts'
import type { ReceivedMessage } from '../queues.ts'
import type { ConsumeOptions, MessageHandler } from './options.ts'
import { type QueueAccess, QueueConsumer } from './queue-consumer.ts'

const random = { next: () => 1 }

/** A queue in memory: messages wait, are hidden until a time, or are deleted. */
class FakeQueue {
  readonly #clock: FakeClock
  readonly #messages = new Map<string, { visibleAtMs: number; receives: number; handle: string }>()
  #handles = 0
  readonly visibilityMs: number
  readonly deleted: string[] = []
  /** Thrown by what is asked next, by its name. */
  readonly faults: { on: keyof QueueAccess; error: MillraceError }[] = []

  constructor(clock: FakeClock, visibilityMs: number, ids: readonly string[]) {
    this.#clock = clock
    this.visibilityMs = visibilityMs
    for (const id of ids) this.#messages.set(id, { visibleAtMs: 0, receives: 0, handle: '' })
  }

  visibleAtMs(id: string): number | undefined {
    return this.#messages.get(id)?.visibleAtMs
  }

  readonly access = {
    get: () => this.#step('get', () => ({ spec: { visibilityMs: this.visibilityMs } })),
    receive: (_name: string, { count = 1, signal }: { count?: number; signal?: AbortSignal }) =>
      this.#step('receive', async () => {
        const found = [...this.#messages].filter(([, { visibleAtMs }]) => visibleAtMs <= this.#clock.nowMs())
        if (found.length === 0) await this.#wait(20_000, signal)
        return found.slice(0, count).map(([id, state]) => {
          state.receives++
          this.#hide(state, this.visibilityMs)
          return { id, ...state } as ReceivedMessage
        })
      }),
    deleteMessages: (_name: string, [handle]: readonly string[]) =>
      this.#step('deleteMessages', () => {
        const [id] = this.#find(handle)
        this.#messages.delete(id)
        this.deleted.push(id)
        return []
      }),
    changeVisibility: (_name: string, handle: string, visibilityMs: number) =>
      this.#step('changeVisibility', () => {
        const [, state] = this.#find(handle)
        this.#hide(state, visibilityMs)
        return { handle: state.handle, visibleAtMs: state.visibleAtMs }
      }),
  } as unknown as QueueAccess

  async #step<Answer>(on: keyof QueueAccess, work: () => Answer): Promise<Awaited<Answer>> {
    const at = this.faults.findIndex(fault => fault.on === on)
    if (at >= 0) throw this.faults.splice(at, 1)[0]!.error
    return await work()
  }

  #find(handle: string | undefined) {
    const found = [...this.#messages].find(([, state]) => state.handle === handle)
    if (found === undefined || found[1].visibleAtMs <= this.#clock.nowMs())
      throw new MillraceError('queue.handle-invalid', 'the handle is none', 400)
    return found
  }

  #hide(state: { visibleAtMs: number; handle: string }, visibilityMs: number): void {
    state.visibleAtMs = this.#clock.nowMs() + visibilityMs
    state.handle = `handle ${++this.#handles}`
  }

  #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.timer(delayMs, resolve)
      signal?.addEventListener('abort', () => {
        timer[Symbol.dispose]()
        reject(signal.reason as Error)
      })
    })
  }
}

function consume(ids: readonly string[], handler: MessageHandler, options: ConsumeOptions = {}) {
  const clock = new FakeClock()
  const queue = new FakeQueue(clock, 10_000, ids)
  const stop = new AbortController()
  const errors: unknown[] = []
  const consumer = new QueueConsumer(queue.access, 'q', handler, {
    clock,
    random,
    onError: error => errors.push(error),
    ...options,
  })
  const ended = consumer.run(stop.signal)
  ended.catch(() => {})
  return { clock, queue, errors, ended, stop: () => stop.abort() }
}

/** Ends by itself after so long. */
function working(clock: () => FakeClock, workMs: number): MessageHandler {
  return () => new Promise<void>(resolve => void clock().timer(workMs, resolve))
}

describe('a consumer', () => {
  test('deletes what was handled, and stops when it is told to', async () => {
    const seen: string[] = []
    const { clock, queue, ended, stop } = consume(['a', 'b', 'c'], ({ id }) => seen.push(id))
    await clock.advance(1)
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(queue.deleted).toEqual(['a', 'b', 'c'])
    stop()
    await ended
    expect(clock.pending).toBe(0)
  })

  test('handles no more at once than it is told to', async () => {
    const place = consume(
      ['a', 'b', 'c'],
      working(() => place.clock, 500),
      { concurrencyMax: 2 },
    )
    await place.clock.advance(499)
    expect(place.queue.visibleAtMs('c')).toBe(0)
    await place.clock.advance(1)
    expect(place.queue.deleted).toEqual(['a', 'b'])
    await place.clock.advance(500)
    expect(place.queue.deleted).toEqual(['a', 'b', 'c'])
    place.stop()
    await place.ended
  })

  test('keeps a message hidden for as long as its handler works', async () => {
    const place = consume(
      ['a'],
      working(() => place.clock, 100_000),
    )
    for (let second = 0; second < 99; second++) {
      await place.clock.advance(1_000)
      expect(place.queue.visibleAtMs('a')).toBeGreaterThan(place.clock.nowMs())
    }
    await place.clock.advance(2_000)
    expect(place.queue.deleted).toEqual(['a'])
    expect(place.errors).toEqual([])
    place.stop()
    await place.ended
  })

  test('lets a message come again after its handler has failed, later each time', async () => {
    const startMs = Date.UTC(2026, 0, 1)
    const { clock, queue, errors, ended, stop } = consume(['a'], ({ receives }) => {
      if (receives < 4) throw new Error('no ink')
    })
    // It asks again every 20 s, as a queue without messages lets it wait so long.
    for (const [atMs, pauseMs] of [
      [0, 1_000],
      [20_000, 2_000],
      [40_000, 4_000],
    ] as const) {
      await clock.advance(startMs + atMs - clock.nowMs())
      expect(queue.visibleAtMs('a')).toBe(startMs + atMs + pauseMs)
    }
    await clock.advance(20_000)
    expect(errors).toHaveLength(3)
    expect(queue.deleted).toEqual(['a'])
    stop()
    await ended
  })

  test('tells its handler when the message is no longer its own', async () => {
    let lost: unknown
    const { clock, queue, ended, stop } = consume(['a'], async (_message, signal) => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      lost = signal.reason
    })
    await clock.settle()
    queue.faults.push({
      on: 'changeVisibility',
      error: new MillraceError('queue.handle-invalid', 'the handle is none', 400),
    })
    await clock.advance(5_000)
    expect(lost).toMatchObject({ message: 'the message is no longer hidden from others' })
    stop()
    await ended
  })

  test('goes on after failures that pass, and ends with those that do not', async () => {
    const { clock, queue, errors, ended } = consume(['a'], () => {})
    queue.faults.push(
      { on: 'receive', error: new MillraceError('client.unreachable', 'no answer', 0) },
      { on: 'deleteMessages', error: new MillraceError('queue.busy', 'busy', 503) },
    )
    await clock.advance(10_000)
    expect(queue.deleted).toEqual(['a'])
    expect(errors).toHaveLength(1)
    queue.faults.push({ on: 'receive', error: new MillraceError('queue.not-found', 'gone', 404) })
    await clock.advance(20_000)
    await expect(ended).rejects.toMatchObject({ code: 'queue.not-found' })
  })

  test('waits for its handlers when it stops, and then has them stop', async () => {
    let reason: unknown
    const handler: MessageHandler = async (_message, signal) => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      reason = signal.reason
      throw signal.reason
    }
    const { clock, queue, ended, stop } = consume(['a'], handler, { concurrencyMax: 1, drainMsMax: 3_000 })
    await clock.advance(10)
    stop()
    await clock.advance(2_990)
    expect(reason).toBeUndefined()
    await clock.advance(10)
    await ended
    expect(reason).toMatchObject({ message: 'stopping has taken too long' })
    expect(queue.deleted).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

test('options beyond their limits are refused by name', () => {
  expect(() => consume([], () => {}, { visibilityMs: 5 })).toThrow('visibilityMs is 5')
})
