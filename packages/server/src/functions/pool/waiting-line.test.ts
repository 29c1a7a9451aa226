import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { WaitingLine } from './waiting-line.ts'

const signal = new AbortController().signal

function open(change: Partial<ConstructorParameters<typeof WaitingLine>[2]> = {}): {
  clock: FakeClock
  line: WaitingLine<string>
} {
  const clock = new FakeClock()
  const limits = { waitersMax: 3, waitingBytesMax: 100, waitMsMax: 1_000, ...change }
  return { clock, line: new WaitingLine<string>('f', clock, limits) }
}

test('first come, first served', async () => {
  const { line, clock } = open()
  const places = ['a', 'b'].map(id => line.join(id, 1, 0, signal))
  expect(line.firstRequestId).toBe('a')
  expect(line.serve('one')).toBe(true)
  expect(line.serve('two')).toBe(true)
  expect(line.serve('three')).toBe(false)
  expect(await Promise.all(places)).toEqual(['one', 'two'])
  expect(clock.pending).toBe(0)
})

test('the line is bounded in number and in bytes, but a single large payload may wait', async () => {
  const { line } = open()
  const large = line.join('a', 1_000, 0, signal)
  await expect(line.join('b', 1, 0, signal)).rejects.toMatchObject({ code: 'function.throttled' })
  line.serve('x')
  await large
  const places = ['a', 'b', 'c'].map(id => line.join(id, 1, 0, signal))
  await expect(line.join('d', 1, 0, signal)).rejects.toThrow('3 invocations are waiting already')
  for (const place of places) {
    line.serve('x')
    await place
  }
  expect(line.length).toBe(0)
})

test('who waits too long, or goes, leaves the line', async () => {
  const { line, clock } = open()
  const slow = line.join('a', 60, 0, signal)
  const stop = new AbortController()
  const gone = line.join('b', 40, 0, stop.signal)
  stop.abort(new Error('gone'))
  await expect(gone).rejects.toThrow('gone')
  expect(line.length).toBe(1)
  const failed = slow.catch((error: unknown) => error)
  await clock.advance(1_000)
  expect(await failed).toMatchObject({ code: 'function.throttled', retry: { kind: 'after' } })
  const next = line.join('c', 100, 0, signal)
  line.serve('x')
  expect(await next).toBe('x')
  expect(clock.pending).toBe(0)
})

test('who waits for an instance that starts has more patience', async () => {
  const { line, clock } = open()
  const place = line.join('a', 1, 500, signal).catch((error: unknown) => error)
  await clock.advance(1_499)
  expect(line.length).toBe(1)
  await clock.advance(1)
  expect(await place).toMatchObject({ code: 'function.throttled' })
})

test('the first few can be turned away', async () => {
  const { line } = open()
  const places = ['a', 'b', 'c'].map(id => line.join(id, 1, 0, signal).catch((error: Error) => error.message))
  line.fail(2, new Error('no'))
  line.serve('yes')
  expect(await Promise.all(places)).toEqual(['no', 'no', 'yes'])
})
