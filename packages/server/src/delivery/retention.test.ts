import { ok } from '@millrace/spi'
import { expect, test } from 'vitest'
import { failing, ScriptedSinks, TestEngine } from './engine.fixture.ts'

const target = { sink: { function: 'f' } }

async function started(retentionMs: number, bytesMax = 1_000_000): Promise<TestEngine> {
  const sinks = new ScriptedSinks()
  sinks.scripts.set('f', () => ok)
  const engine = await TestEngine.start({ sinks })
  await engine.bus('b', { retentionMs, retentionBytesMax: bytesMax })
  await engine.rule('b', 'r', [target])
  return engine
}

test('events older than the bus keeps them are removed, and journal entries with them', async () => {
  await using engine = await started(60_000)
  await engine.publish('b', 1, 2)
  await engine.settled()
  await engine.clock.advance(50_000)
  await engine.publish('b', 3)
  await engine.clock.advance(20_000)
  expect(await engine.logs.stat('acme/b')).toMatchObject({ first: 3, next: 4 })
  expect((await engine.journal('b')).map(({ position }) => position)).toEqual([3])
})

test('an event that is still to be delivered is kept, whatever its age', async () => {
  await using engine = await started(10_000)
  engine.sinks.scripts.set('f', () => failing('sink.throttled'))
  await engine.rule('b', 'r', [{ ...target, retry: { strategy: 'EXPONENTIAL_DECAY_RETRY' } }])
  await engine.publish('b', 1)
  await engine.clock.advance(3_600_000)
  expect(await engine.logs.stat('acme/b')).toMatchObject({ first: 1, next: 2 })

  engine.sinks.scripts.set('f', () => ok)
  await engine.clock.advance(1_200_000)
  expect(await engine.logs.stat('acme/b')).toMatchObject({ first: 2, next: 2 })
})

test('a log above its bytes is cut from the front, to a little below', async () => {
  await using engine = await started(86_400_000, 2_000)
  await engine.publish('b', ...Array.from({ length: 50 }, (_, index) => index))
  await engine.settled()
  await engine.clock.advance(10_000)
  const { first, next, bytes } = await engine.logs.stat('acme/b')
  expect(next).toBe(51)
  expect(first).toBeGreaterThan(1)
  expect(bytes).toBeLessThanOrEqual(2_000)
  expect(bytes).toBeGreaterThan(1_500)
  expect(engine.logs.bytes('acme/b')).toBe(bytes)
})

test('a producer that finds the log full makes room at once, but not of what is pending', async () => {
  await using engine = await started(86_400_000, 2_000)
  const numbers = Array.from({ length: 50 }, (_, index) => index)
  const room = async (): Promise<number> => {
    const view = engine.resources.snapshots.current().buses.get('acme/b')
    if (view !== undefined) await engine.delivery.makeRoom(view, 0)
    return engine.logs.bytes('acme/b')
  }
  await engine.publish('b', ...numbers)
  await engine.settled()
  expect(engine.logs.bytes('acme/b')).toBeGreaterThan(2_000)
  expect(await room()).toBeLessThanOrEqual(2_000)

  await engine.rule('b', 'r', [{ ...target, paused: true }])
  await engine.publish('b', ...numbers)
  await engine.settled()
  await engine.clock.advance(1_000)
  expect(await room()).toBeGreaterThan(2_000)
  expect(await engine.logs.stat('acme/b')).toMatchObject({ first: 51, next: 101 })
})
