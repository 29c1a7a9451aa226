import { ok } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { failing, ScriptedSinks, TestEngine } from './engine.fixture.ts'

const once = { strategy: 'CUSTOM', retriesMax: 1, delayMsMin: 1_000, delayMsMax: 1_000 }
const ordered = { sink: { function: 'f' }, orderBy: '$.data.key', retry: once }

/** A sink that fails for events whose `data` says so. */
function failingWhere(isBad: (data: { key?: string; bad?: boolean }) => boolean): ScriptedSinks {
  const sinks = new ScriptedSinks()
  sinks.scripts.set('f', record => {
    const { data } = JSON.parse(Buffer.from(record.event).toString()) as { data: { key?: string } }
    return isBad(data) ? failing() : ok
  })
  return sinks
}

describe('order by key', () => {
  test('followers of a failing key wait for it, other keys flow on', async () => {
    let isDown = true
    await using engine = await TestEngine.start({ sinks: failingWhere(({ key }) => isDown && key === 'a') })
    await engine.bus('b')
    await engine.rule('b', 'r', [ordered])
    await engine.publish('b', { key: 'a' }, { key: 'a' }, { key: 'b' }, { key: 'a' }, { key: 'c' })
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([1, 3, 5])

    isDown = false
    await engine.clock.advance(1_000)
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([1, 3, 5, 1, 2, 4])
  })

  test('one delivery of a key is in flight at a time', async () => {
    const sinks = new ScriptedSinks()
    const first = Promise.withResolvers<typeof ok>()
    sinks.scripts.set('f', (_, calls) => (calls === 1 ? first.promise : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [ordered])
    await engine.publish('b', { key: 'a' }, { key: 'a' }, { key: 'b' })
    await engine.clock.settle()
    expect(sinks.positions('f')).toEqual([1, 3])

    first.resolve(ok)
    await engine.settled()
    expect(sinks.positions('f')).toEqual([1, 3, 2])
  })

  test('events without the key share one line', async () => {
    const sinks = failingWhere(() => true)
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [ordered])
    await engine.publish('b', {}, {})
    await engine.settled()
    expect(sinks.positions('f')).toEqual([1])
  })

  test('an exhausted head parks its key until somebody resumes it', async () => {
    let isDown = true
    await using engine = await TestEngine.start({ sinks: failingWhere(({ key }) => isDown && key === 'a') })
    await engine.bus('b')
    const queue = await engine.rule('b', 'r', [{ ...ordered, onExhausted: 'block' }])
    await engine.publish('b', { key: 'a' }, { key: 'a' }, { key: 'b' })
    await engine.clock.advance(60_000)
    expect(await engine.delivery.status(queue)).toMatchObject({
      lanesParked: ['a'],
      pending: 2,
      state: 'running',
    })
    expect(engine.sinks.positions('f')).toEqual([1, 3, 1])

    isDown = false
    await engine.delivery.resume(queue, 'a')
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([1, 3, 1, 1, 2])
    expect(await engine.delivery.status(queue)).toMatchObject({ lanesParked: [], pending: 0 })
  })

  test('a lane survives a crash and goes on in order', async () => {
    let isDown = true
    const sinks = failingWhere(({ key }) => isDown && key === 'a')
    const before = await TestEngine.start({ sinks })
    await before.bus('b')
    await before.rule('b', 'r', [ordered])
    await before.publish('b', { key: 'a' }, { key: 'a' })
    await before.settled()
    const storage = before.storage.crash(before.storage.pendingWrites)
    await before[Symbol.asyncDispose]()

    isDown = false
    await using engine = await TestEngine.start({ sinks, storage, clock: before.clock })
    await engine.publish('b', { key: 'a' })
    await engine.clock.advance(1_000)
    await engine.settled()
    expect(sinks.positions('f')).toEqual([1, 1, 2, 3])
  })

  test('the followers of a slow key do not fill the memory', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', (_, calls) => (calls === 1 ? 'hang' : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [ordered])
    await engine.publish('b', ...Array.from({ length: 500 }, () => ({ key: 'a' })), { key: 'b' })
    await engine.clock.settle()
    await engine.clock.settle()
    expect(sinks.positions('f')).toEqual([1, 501])
  })
})
