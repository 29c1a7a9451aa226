import { retryBackoff } from '@millrace/spi'
import { expect, test } from 'vitest'
import { failing, TestEngine } from './engine.fixture.ts'
import { unpackTries } from './tries.ts'

const retry = {
  strategy: 'CUSTOM',
  retriesMax: 1,
  ageMsMax: 86_400_000,
  delayMsMin: 1_000,
  delayMsMax: 1_000,
}

async function pending(engine: TestEngine, queue: string) {
  const found = await engine.storage.queue.read(queue, { kind: 'all', after: 0 }, 100)
  return found.map(({ attempts }) => unpackTries(attempts))
}

test('probes of an open circuit use up no retries: the events outlast a target that is away for long', async () => {
  await using engine = await TestEngine.start()
  let isAway = true
  engine.sinks.scripts.set('f', () => (isAway ? failing('sink.unavailable') : { status: 'ok' }))
  await engine.bus('b')
  const queue = await engine.rule('b', 'r', [
    { sink: { function: 'f' }, retry: { ...retry, retriesMax: 1_000 } },
  ])
  await engine.publish('b', 1, 2, 3)
  for (let second = 0; second < 3_600; second += 30) {
    await engine.clock.advance(30_000)
    await engine.settled()
  }
  const tries = await pending(engine, queue)
  const failures = tries.reduce((sum, each) => sum + each.failures, 0)
  const probes = tries.reduce((sum, each) => sum + each.probes, 0)
  expect(tries).toHaveLength(3)
  // Ten failures in a row open the circuit; those that were under way then may count, too.
  expect(failures).toBeLessThan(13)
  expect(probes).toBeGreaterThan(30)
  isAway = false
  await engine.clock.advance(120_000)
  await engine.settled()
  expect(await engine.endings('b')).toEqual({ 1: 'delivered', 2: 'delivered', 3: 'delivered' })
})

test('a target without room is asked again and again, and its own failures are still counted', async () => {
  await using engine = await TestEngine.start()
  const busy = failing('function.throttled', { kind: 'uncounted' })
  engine.sinks.scripts.set('f', (_record, calls) =>
    calls % 4 === 0 ? failing('function.failed', retryBackoff) : busy,
  )
  await engine.bus('b')
  await engine.rule('b', 'r', [{ sink: { function: 'f' }, retry }])
  await engine.publish('b', 1)
  for (let second = 0; second < 120; second++) {
    await engine.clock.advance(1_000)
    await engine.settled()
  }
  // Two attempts that count: the first and one retry. Each was preceded by three that do not.
  expect(engine.sinks.writes).toHaveLength(8)
  expect(engine.sinks.writes.map(({ record }) => record.attempt)).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
  expect((await engine.journal('b')).at(-1)).toMatchObject({
    ending: 'dropped',
    code: 'function.failed',
    attempts: 2,
  })
})

test('a record that came too early leaves no trace and is tried at its time', async () => {
  await using engine = await TestEngine.start()
  const dueAtMs = engine.clock.nowMs() + 90_000
  engine.sinks.scripts.set('f', () => {
    const delayMs = dueAtMs - engine.clock.nowMs()
    return delayMs > 0 ? failing('too-early', { kind: 'uncounted', delayMs }) : { status: 'ok' }
  })
  await engine.bus('b')
  await engine.rule('b', 'r', [{ sink: { function: 'f' }, retry }])
  await engine.publish('b', 1)
  await engine.settled()
  expect(await engine.journal('b')).toEqual([])
  await engine.clock.advance(89_000)
  await engine.settled()
  expect(engine.sinks.writes).toHaveLength(1)
  await engine.clock.advance(2_000)
  await engine.settled()
  expect(await engine.journal('b')).toMatchObject([{ ending: 'delivered', attempts: 1 }])
})
