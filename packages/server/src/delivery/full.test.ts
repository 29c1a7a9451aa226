import { ok } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { ScriptedSinks, TestEngine } from './engine.fixture.ts'

test('a full storage refuses events, loses none of those it has, and takes new ones when there is room', async () => {
  const clock = new FakeClock()
  const sinks = new ScriptedSinks()
  sinks.scripts.set('f', () => ok)
  const storage = await openStorage({ clock, bytesMax: 40_000 })
  await using engine = await TestEngine.start({ clock, sinks, storage })
  await engine.bus('b', { retentionMs: 60_000 })
  await engine.rule('b', 'r', [{ sink: { function: 'f' } }])

  const accepted: number[] = []
  let refused = 0
  for (let index = 0; index < 600; index++) {
    await engine.publish('b', index).then(
      position => accepted.push(position),
      () => refused++,
    )
  }
  expect(refused).toBeGreaterThan(0)
  await clock.advance(30_000)
  expect(new Set(sinks.positions('f'))).toEqual(new Set(accepted))

  await clock.advance(120_000)
  const position = await engine.publish('b', 'again')
  await engine.settled()
  expect(sinks.positions('f')).toContain(position)
  expect(await engine.storage.queue.stat('acme/b/r/t0')).toMatchObject({ pending: 0 })
})
