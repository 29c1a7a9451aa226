import { seededRandom, FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { ChildHost } from '../src/child/index.ts'
import { Lines } from './open.ts'
import { isAlive } from './processes.ts'

const never = new AbortController().signal
const module = new URL('child-program.ts', import.meta.url)
const limits = {
  callsMax: 3,
  startTimeoutMs: 20_000,
  stopTimeoutMs: 3_000,
  pauseMs: 1_000,
  pauseMsMax: 60_000,
}

/** A host with a clock that stands still, so that pauses last until a test moves it. */
class Bench implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly lines = new Lines()
  readonly attempts: number[] = []
  readonly host: ChildHost

  constructor(start: (attempt: number) => unknown = () => ({})) {
    const program = {
      module,
      start: (attempt: number): unknown => {
        this.attempts.push(attempt)
        return start(attempt)
      },
    }
    this.host = new ChildHost(
      program,
      { clock: this.clock, random: seededRandom(1), log: this.lines.log },
      limits,
    )
  }

  call(method: string, payload?: unknown, signal = never): Promise<unknown> {
    return this.host.call(method, payload, signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host[Symbol.asyncDispose]()
  }
}

test('no process is started before the first call, and one serves them all', async () => {
  await using bench = new Bench()
  expect(bench.host.pid).toBeUndefined()
  const bytes = new Uint8Array([1, 2, 255])
  const [one, two] = await Promise.all([bench.call('echo', { bytes }), bench.call('echo', undefined)])
  expect(one).toEqual({ bytes })
  expect(two).toBeUndefined()
  expect(bench.attempts).toEqual([0])
})

test('the process gets no environment of its parent', async () => {
  await using bench = new Bench()
  const names = (await bench.call('environment')) as string[]
  expect(names.filter(name => !name.startsWith('NODE_CHANNEL') && name !== 'PATH')).toEqual([])
})

test('a process that dies of an uncaught error fails the calls under way, and says why; the next comes after a pause', async () => {
  await using bench = new Bench()
  await bench.call('echo')
  const before = bench.host.pid
  await expect(Promise.all([bench.call('throw'), bench.call('wait')])).rejects.toMatchObject({
    name: 'ChildMissing',
    why: 'gone',
    message: expect.stringContaining('TypeError: nobody catches this'),
  })
  await expect(bench.call('echo')).rejects.toMatchObject({ why: 'pausing', delayMs: expect.any(Number) })
  await bench.clock.advance(limits.pauseMs)
  expect(await bench.call('echo', 'again')).toBe('again')
  expect(bench.host.pid).not.toBe(before)
  expect(bench.attempts).toEqual([0, 1])
  expect(bench.lines.seen).toMatchObject([{ message: 'the child process ended' }])
})

test('a start that is refused fails the call with its fault, and pauses grow until a call succeeds', async () => {
  await using bench = new Bench(attempt => ({ refuses: attempt < 2 }))
  const pauses: number[] = []
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(bench.call('echo')).rejects.toMatchObject({ fault: { message: 'not today' } })
    const pausing = await bench.call('echo').catch((thrown: unknown) => thrown)
    expect(pausing).toMatchObject({ why: 'pausing', cause: { fault: { message: 'not today' } } })
    pauses.push((pausing as { delayMs: number }).delayMs)
    await bench.clock.advance(pauses.at(-1) ?? 0)
  }
  expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0)
  expect(await bench.call('echo', 1)).toBe(1)
})

test('a start that takes too long is ended', async () => {
  await using bench = new Bench(() => ({ hangs: true }))
  const call = bench.call('echo')
  const { pid } = bench.host
  await Promise.all([
    expect(call).rejects.toMatchObject({ why: 'late' }),
    bench.clock.advance(limits.startTimeoutMs),
  ])
  await expect.poll(() => isAlive(pid ?? 0)).toBe(false)
})

test('a call whose signal aborts rejects with its reason, and the process hears of it', async () => {
  await using bench = new Bench()
  const abort = new AbortController()
  const reason = new Error('enough')
  await bench.call('echo')
  const call = bench.call('wait', undefined, abort.signal)
  abort.abort(reason)
  await expect(call).rejects.toBe(reason)
  await expect.poll(() => bench.lines.seen).toMatchObject([{ fields: { text: 'given up' } }])
  await expect(bench.call('echo', undefined, AbortSignal.abort(reason))).rejects.toBe(reason)
})

test('no more calls are under way than the limit says', async () => {
  await using bench = new Bench()
  await bench.call('echo')
  const abort = new AbortController()
  const waiting = Array.from({ length: limits.callsMax }, () => bench.call('wait', undefined, abort.signal))
  await expect(bench.call('echo')).rejects.toMatchObject({ why: 'full' })
  abort.abort(new Error('enough'))
  await Promise.allSettled(waiting)
  expect(await bench.call('echo', 'room')).toBe('room')
})

test('disposal stops the process, and a call after it is refused', async () => {
  const bench = new Bench()
  await bench.call('echo')
  const { pid } = bench.host
  await Promise.all([bench.host[Symbol.asyncDispose](), bench.host[Symbol.asyncDispose]()])
  expect(isAlive(pid ?? 0)).toBe(false)
  expect(bench.clock.pending).toBe(0)
  await expect(bench.call('echo')).rejects.toMatchObject({ why: 'closed' })
})

test('a process that does not listen any more is ended when its time is up', async () => {
  const bench = new Bench()
  await bench.call('echo')
  const { pid } = bench.host
  const deaf = bench.call('deaf').catch((thrown: unknown) => thrown)
  const disposed = bench.host[Symbol.asyncDispose]()
  await bench.clock.advance(limits.stopTimeoutMs)
  await disposed
  expect(await deaf).toMatchObject({ why: 'gone' })
  expect(isAlive(pid ?? 0)).toBe(false)
})

test('a process that is replaced on request is followed by another one at once', async () => {
  await using bench = new Bench()
  await bench.call('echo')
  const before = bench.host.pid
  bench.host.restart()
  expect(await bench.call('echo', 'new')).toBe('new')
  expect(bench.host.pid).not.toBe(before)
  await expect.poll(() => isAlive(before ?? 0)).toBe(false)
})
