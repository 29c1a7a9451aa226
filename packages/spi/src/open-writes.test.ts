import { expect, test } from 'vitest'
import { outgoing } from './conformance/index.ts'
import { FakeClock } from './fake-clock.ts'
import { OpenWrites, sinkClosed } from './open-writes.ts'
import { failed, ok, type Outcome } from './outcome.ts'
import { untilAborted } from './until-aborted.ts'

const never = new AbortController().signal
const records = [outgoing('a'), outgoing('b')]

/** A write that ends when the test has it end. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>()
  return { write: () => promise, resolve, reject }
}

/** Tells whether a promise has settled by now. */
function settlement(work: Promise<unknown>): { isSettled: boolean } {
  const state = { isSettled: false }
  const note = (): void => void (state.isSettled = true)
  work.then(note, note)
  return state
}

test('a write settles as the sink’s own', async () => {
  const writes = new OpenWrites(new FakeClock())
  expect(await writes.run(records, never, () => Promise.resolve([ok, ok]))).toEqual([ok, ok])
  const broken = new Error('broken')
  await expect(writes.run(records, never, () => Promise.reject(broken))).rejects.toBe(broken)
})

test('nothing is written for a signal that has aborted, for no records, or after closing', async () => {
  const writes = new OpenWrites(new FakeClock())
  let written = 0
  const write = (): Promise<Outcome[]> => {
    written++
    return Promise.resolve([ok, ok])
  }
  const reason = new Error('too late')
  await expect(writes.run(records, AbortSignal.abort(reason), write)).rejects.toBe(reason)
  expect(await writes.run([], never, write)).toEqual([])
  const closed = writes.close()
  expect(await writes.run(records, never, write)).toEqual([failed(sinkClosed()), failed(sinkClosed())])
  await closed
  expect(written).toBe(0)
})

test('closing waits for the writes under way, and cuts off afterwards', async () => {
  const clock = new FakeClock()
  const writes = new OpenWrites(clock)
  const { write, resolve } = held()
  const written = writes.run(records, never, write)
  const calls: string[] = []
  const closed = writes.close(() => void calls.push('cut off'))
  await clock.advance(4_999)
  expect(calls).toEqual([])
  expect(writes.cut.aborted).toBe(false)
  resolve([ok, ok])
  await closed
  expect(calls).toEqual(['cut off'])
  expect(writes.cut.reason).toEqual(sinkClosed())
  expect(await written).toEqual([ok, ok])
  expect(clock.pending).toBe(0)
})

test('a write that fails while closing waits is no failure of closing', async () => {
  const writes = new OpenWrites(new FakeClock())
  const { write, reject } = held()
  const written = writes.run(records, never, write)
  const closed = writes.close()
  reject(new Error('broken'))
  await expect(written).rejects.toThrow('broken')
  await closed
})

test('after five seconds what is left is cut off, and closing ends with it', async () => {
  const clock = new FakeClock()
  const writes = new OpenWrites(clock)
  const { write, resolve } = held()
  void writes.run(records, never, write)
  const events: string[] = []
  writes.cut.addEventListener('abort', () => events.push('aborted'))
  const closed = writes.close(() => void events.push('cut off'))
  const state = settlement(closed)
  await clock.advance(5_000)
  expect(events).toEqual(['aborted', 'cut off'])
  expect(state.isSettled).toBe(false)
  resolve([ok, ok])
  await closed
  expect(clock.pending).toBe(0)
})

test('an aborted write is waited for when only the waiting ends outside, and left alone when it ends inside', async () => {
  for (const isInside of [true, false]) {
    const clock = new FakeClock()
    const writes = new OpenWrites(clock)
    const { write, resolve } = held()
    const abort = new AbortController()
    const written = isInside
      ? writes.run(records, abort.signal, () => untilAborted(write(), abort.signal))
      : untilAborted(writes.run(records, abort.signal, write), abort.signal)
    abort.abort(new Error('enough'))
    await expect(written).rejects.toThrow('enough')
    const closed = writes.close()
    const state = settlement(closed)
    await clock.settle()
    expect(state.isSettled).toBe(isInside)
    resolve([ok, ok])
    await closed
  }
})

test('closing twice is closing once', async () => {
  const writes = new OpenWrites(new FakeClock())
  let cuts = 0
  const closed = writes.close(() => void cuts++)
  expect(writes.close(() => void cuts++)).toBe(closed)
  await closed
  expect(writes.close(() => void cuts++)).toBe(closed)
  expect(cuts).toBe(1)
})
