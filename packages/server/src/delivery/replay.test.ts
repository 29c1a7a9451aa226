import { AppError, ok } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { describe, expect, test } from 'vitest'
import { failing, ScriptedSinks, TestEngine } from './engine.fixture.ts'

const target = { sink: { function: 'f' } }
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

async function engineWithRule(count: number): Promise<TestEngine> {
  const sinks = new ScriptedSinks()
  sinks.scripts.set('f', () => ok)
  const engine = await TestEngine.start({ sinks })
  await engine.bus('b')
  await engine.rule('b', 'r', [target], { pattern: { data: [{ numeric: ['>=', 2] }] } })
  await engine.publish('b', ...numbers(count))
  await engine.settled()
  sinks.writes.length = 0
  return engine
}

describe('replay', () => {
  test('a range is delivered again, marked with the id of the replay, and the replay ends', async () => {
    await using engine = await engineWithRule(6)
    const { id } = await engine.delivery.startReplay({
      bus: 'acme/b',
      rule: 'r',
      from: { position: 2 },
      to: { position: 6 },
    })
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([3, 4, 5])
    expect(engine.sinks.writes.map(({ event }) => event['millracereplay'])).toEqual([id, id, id])
    expect(await engine.delivery.replays('acme/b')).toMatchObject([
      { id, state: 'done', matched: 3, deliveries: 0 },
    ])
    expect((await engine.journal('b')).filter(({ replay }) => replay === id)).toHaveLength(3)
  })

  test('events carry the mark of a replay that has one', async () => {
    await using engine = await engineWithRule(4)
    await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r', mark: 'again-1' })
    await engine.settled()
    expect(engine.sinks.writes.map(({ event }) => event['millracereplay'])).toEqual(['again-1', 'again-1'])
    const bad = engine.delivery.startReplay({ bus: 'acme/b', rule: 'r', mark: 'a"b' })
    await expect(bad).rejects.toMatchObject({ code: 'replay.invalid' })
  })

  test('a filter lets through what matches it and the rule, also when it is only counted', async () => {
    await using engine = await engineWithRule(6)
    const filter = { pattern: { data: [{ numeric: ['<', 4] }] }, dialect: 'standard' } as const
    const request = { bus: 'acme/b', rule: 'r', filter }
    expect(await engine.delivery.startReplay({ ...request, dryRun: true })).toMatchObject({ matched: 2 })
    await engine.delivery.startReplay(request)
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([3, 4])
  })

  test('a replay whose end could not be recorded is not made again by the next start', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => ok)
    let isFull = false
    const beforeWrite = (kind: string): void => {
      if (isFull && kind === 'put-document') throw new AppError('storage.full', 'scripted')
    }
    const engine = await TestEngine.start({ sinks, storage: await openStorage({ beforeWrite }) })
    await engine.bus('b')
    await engine.rule('b', 'r', [target])
    await engine.publish('b', 1, 2)
    await engine.settled()
    await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r' })
    isFull = true
    await engine.clock.advance(10_000)
    const { storage, clock } = engine
    const next = storage.crash(storage.pendingWrites)
    await engine[Symbol.asyncDispose]()
    isFull = false
    await using restarted = await TestEngine.start({ sinks, storage: next, clock })
    await restarted.settled()
    expect(sinks.writes.filter(({ event }) => event['millracereplay'] !== undefined)).toHaveLength(2)
    expect(await restarted.delivery.replays('acme/b')).toMatchObject([{ state: 'done', matched: 2 }])
  })

  test('resuming a target lets its blocked replay go on, too', async () => {
    let isBad = true
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', record => (isBad && record.attempt > 0 ? failing('sink.rejected') : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const retry = { strategy: 'CUSTOM', retriesMax: 0 }
    isBad = false
    const queue = await engine.rule('b', 'r', [{ ...target, retry, onExhausted: 'block' }])
    await engine.publish('b', 1, 2)
    await engine.settled()
    isBad = true
    await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r' })
    await engine.settled()
    isBad = false
    await engine.delivery.resume(queue)
    await engine.clock.advance(1_000)
    await engine.settled()
    expect(await engine.delivery.replays('acme/b')).toMatchObject([{ state: 'done' }])
  })

  test('what a replay holds for a target that is taken out of the rule ends as dropped, and the replay ends', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => ok)
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [target, { ...target, paused: true }])
    await engine.publish('b', 1, 2)
    await engine.settled()
    const { id } = await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r' })
    await engine.settled()
    await engine.rule('b', 'r', [target])
    await engine.settled()
    expect(await engine.delivery.replays('acme/b')).toMatchObject([{ state: 'done', deliveries: 0 }])
    const ofReplay = (await engine.journal('b')).filter(({ replay }) => replay === id)
    expect(ofReplay.filter(line => line.target === 't0')).toMatchObject([
      { ending: 'delivered' },
      { ending: 'delivered' },
    ])
    expect(ofReplay.filter(line => line.target === 't1')).toMatchObject([
      { ending: 'dropped', code: 'delivery.target-removed' },
      { ending: 'dropped', code: 'delivery.target-removed' },
    ])
  })

  test.each([
    { gone: 'target', state: 'done', code: 'delivery.target-removed' },
    { gone: 'rule', state: 'cancelled', code: 'replay.cancelled' },
  ])('a $gone that was gone when the engine started leaves nothing of its replay behind', async lost => {
    const sinks = new ScriptedSinks()
    const before = await TestEngine.start({ sinks })
    await before.bus('b')
    await before.publish('b', 1, 2)
    await before.rule('b', 'r', [target, { ...target, paused: true }])
    sinks.scripts.set('f', () => ok)
    const { id } = await before.delivery.startReplay({ bus: 'acme/b', rule: 'r' })
    await before.settled()
    await before[Symbol.asyncDispose]()
    const { storage, clock } = before
    if (lost.gone === 'rule') await before.resources.rules.delete('acme', 'b', 'r')
    else await before.rule('b', 'r', [target])
    await using engine = await TestEngine.start({ sinks, storage, clock })
    await engine.settled()
    expect(await engine.delivery.replays('acme/b')).toMatchObject([{ state: lost.state, deliveries: 0 }])
    const ended = (await engine.journal('b')).filter(line => line.replay === id && line.target === 't1')
    expect(ended).toMatchObject([{ code: lost.code }, { code: lost.code }])
    expect(await storage.queue.stat(`acme/b/r/t1@${id}`)).toMatchObject({ pending: 0 })
  })

  test('a dry run only counts', async () => {
    await using engine = await engineWithRule(6)
    const status = await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r', dryRun: true })
    await engine.settled()
    expect(status).toMatchObject({ state: 'dry-run', matched: 4, deliveries: 4 })
    expect(engine.sinks.writes).toEqual([])
    expect(await engine.delivery.replays('acme/b')).toEqual([])
  })

  test('a replay keeps to its rate', async () => {
    await using engine = await engineWithRule(102)
    await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r', ratePerSecondMax: 20 })
    await engine.clock.advance(2_000)
    expect(engine.sinks.writes.length).toBeGreaterThanOrEqual(38)
    expect(engine.sinks.writes.length).toBeLessThanOrEqual(44)
    await engine.clock.advance(4_000)
    expect(engine.sinks.writes).toHaveLength(100)
  })

  test('a replay goes on after a crash, and nothing of its range is left out', async () => {
    const before = await engineWithRule(102)
    const { sinks, clock } = before
    await before.delivery.startReplay({ bus: 'acme/b', rule: 'r', ratePerSecondMax: 20 })
    await clock.advance(2_000)
    const storage = before.storage.crash()
    await before[Symbol.asyncDispose]()
    await using engine = await TestEngine.start({ sinks, clock, storage })
    await clock.advance(10_000)
    expect(new Set(sinks.positions('f')).size).toBe(100)
    expect(await engine.delivery.replays('acme/b')).toMatchObject([{ state: 'done', matched: 100 }])
  })

  test('a cancelled replay ends its pending deliveries as dropped', async () => {
    await using engine = await engineWithRule(12)
    engine.sinks.scripts.delete('f')
    await engine.rule('b', 'slow', [{ sink: { function: 'g' } }])
    const { id } = await engine.delivery.startReplay({ bus: 'acme/b', rule: 'slow' })
    await engine.settled()
    await engine.delivery.cancelReplay('acme/b', id)
    expect(await engine.delivery.replays('acme/b')).toMatchObject([{ id, state: 'cancelled', deliveries: 0 }])
    const dropped = (await engine.journal('b')).filter(({ code }) => code === 'replay.cancelled')
    expect(dropped).toHaveLength(12)
  })

  test('a request that does not fit is refused', async () => {
    await using engine = await engineWithRule(1)
    const begin = (more: object) => engine.delivery.startReplay({ bus: 'acme/b', rule: 'r', ...more })
    await expect(begin({ bus: 'acme/none' })).rejects.toMatchObject({ code: 'bus.not-found' })
    await expect(begin({ rule: 'none' })).rejects.toMatchObject({ code: 'replay.invalid' })
    await expect(begin({ targets: ['none'] })).rejects.toMatchObject({ code: 'replay.invalid' })
    await expect(begin({ ratePerSecondMax: 0 })).rejects.toMatchObject({ code: 'replay.invalid' })
    await expect(engine.delivery.cancelReplay('acme/b', 'x')).rejects.toMatchObject({
      code: 'replay.not-found',
    })
  })
})

describe('backfill', () => {
  const sinksOf = (): ScriptedSinks => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => ok)
    return sinks
  }

  test('a rule that starts at the oldest event gets the past and the present once each, unmarked', async () => {
    await using engine = await TestEngine.start({ sinks: sinksOf() })
    await engine.bus('b')
    await engine.publish('b', ...numbers(700))
    await engine.rule('b', 'r', [target], { start: 'oldest' })
    await engine.publish('b', 1, 2)
    await engine.settled()
    const positions = engine.sinks.positions('f')
    expect(positions.toSorted((a, b) => a - b)).toEqual(numbers(702).map(index => index + 1))
    expect(engine.sinks.writes[0]?.event).not.toHaveProperty('millracereplay')
  })

  test('a rule that starts at a time gets what was accepted from then on', async () => {
    await using engine = await TestEngine.start({ sinks: sinksOf() })
    await engine.bus('b')
    await engine.publish('b', 1)
    await engine.clock.advance(1_000)
    await engine.publish('b', 2)
    const time = new Date(engine.clock.nowMs()).toISOString()
    await engine.rule('b', 'r', [target], { start: { time } })
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([2])
  })

  test('an ordered target gets its past before its present', async () => {
    await using engine = await TestEngine.start({ sinks: sinksOf() })
    await engine.bus('b')
    await engine.publish('b', ...numbers(1_500))
    await engine.rule('b', 'r', [{ ...target, orderBy: '$.data.key' }], { start: 'oldest' })
    await engine.publish('b', 1)
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual(numbers(1_501).map(index => index + 1))
  })

  test('a change of the rule does not bring the past again', async () => {
    await using engine = await TestEngine.start({ sinks: sinksOf() })
    await engine.bus('b')
    await engine.publish('b', 1, 2)
    await engine.rule('b', 'r', [target], { start: 'oldest' })
    await engine.settled()
    await engine.rule('b', 'r', [target], { start: 'oldest', description: 'changed' })
    await engine.settled()
    expect(engine.sinks.positions('f')).toEqual([1, 2])
  })
})
