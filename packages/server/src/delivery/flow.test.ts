import { ok } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { describe, expect, test } from 'vitest'
import { Budget } from './budget.ts'
import { failing, ScriptedSinks, TestEngine } from './engine.fixture.ts'

const target = { sink: { function: 'f' } }
const once = { strategy: 'CUSTOM', retriesMax: 0 }
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('flow of deliveries', () => {
  test('a paused target keeps its deliveries until its spec says otherwise', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => ok)
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const queue = await engine.rule('b', 'r', [{ ...target, paused: true }])
    await engine.publish('b', 1, 2)
    await engine.settled()
    expect(await engine.delivery.status(queue)).toMatchObject({ state: 'paused', pending: 2 })
    expect(sinks.writes).toEqual([])

    await engine.rule('b', 'r', [target])
    await engine.settled()
    expect(sinks.positions('f')).toEqual([1, 2])
  })

  test('an exhausted delivery blocks its target until it is resumed', async () => {
    let isDown = true
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => (isDown ? failing('sink.rejected') : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const blocking = { ...target, retry: once, onExhausted: 'block', concurrencyMax: 1 }
    const queue = await engine.rule('b', 'r', [blocking])
    await engine.publish('b', 1, 2)
    await engine.clock.advance(600_000)
    expect(await engine.delivery.status(queue)).toMatchObject({ state: 'blocked', pending: 2 })
    expect(sinks.positions('f')).toEqual([1])

    isDown = false
    await engine.delivery.resume(queue)
    await engine.settled()
    expect(sinks.positions('f').toSorted((left, right) => left - right)).toEqual([1, 1, 2])
    expect(await engine.endings('b')).toEqual({ 1: 'delivered', 2: 'delivered' })
  })

  test('a dead target is given a rest and probed; when it is back everything is delivered', async () => {
    let isDown = true
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => (isDown ? failing('sink.unavailable') : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const queue = await engine.rule('b', 'r', [{ ...target, concurrencyMax: 10 }])
    await engine.publish('b', ...numbers(200))
    await engine.settled()
    expect(await engine.delivery.status(queue)).toMatchObject({ state: 'circuit-open', pending: 200 })
    expect(sinks.writes).toHaveLength(10)
    await engine.clock.advance(10_000)
    expect(sinks.writes.length).toBeLessThan(16)

    isDown = false
    await engine.clock.advance(120_000)
    await engine.settled()
    expect(await engine.delivery.status(queue)).toMatchObject({ state: 'running', pending: 0 })
    expect(Object.values(await engine.endings('b')).filter(ending => ending === 'delivered')).toHaveLength(
      200,
    )
  })

  test('a probe that has to wait for its delivery to become due is made then', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', (_, calls) => (calls <= 10 ? failing('sink.unavailable') : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [target])
    await engine.publish('b', ...numbers(10))
    await engine.clock.advance(60_000)
    await engine.settled()
    expect(Object.values(await engine.endings('b'))).toEqual(numbers(10).map(() => 'delivered'))
  })

  test('behind an open circuit deliveries are given up when they are older than their policy allows', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => failing('sink.unavailable')).set('dlq', () => ok)
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const retry = { strategy: 'CUSTOM', retriesMax: 1_000, ageMsMax: 60_000 }
    const queue = await engine.rule('b', 'r', [{ ...target, retry, deadLetter: { function: 'dlq' } }])
    await engine.publish('b', ...numbers(300))
    await engine.clock.advance(1_800_000)
    expect(await engine.delivery.status(queue)).toMatchObject({ pending: 0 })
    expect(sinks.positions('dlq')).toHaveLength(300)
  })

  test('a target gets as many attempts per second as it allows', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => ok)
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [{ ...target, ratePerSecondMax: 10 }])
    await engine.publish('b', ...numbers(100))
    await engine.clock.advance(1_000)
    const afterOne = sinks.writes.length
    await engine.clock.advance(2_000)
    expect(afterOne).toBeGreaterThanOrEqual(19)
    expect(afterOne).toBeLessThanOrEqual(21)
    expect(sinks.writes.length - afterOne).toBeGreaterThanOrEqual(19)
    expect(sinks.writes.length - afterOne).toBeLessThanOrEqual(21)
  })

  test('never more attempts are in flight than the target allows', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => 'hang')
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const queue = await engine.rule('b', 'r', [{ ...target, concurrencyMax: 3 }])
    await engine.publish('b', ...numbers(50))
    await engine.clock.settle()
    expect(await engine.delivery.status(queue)).toMatchObject({ inFlight: 3, pending: 50 })
    expect(sinks.writes).toHaveLength(3)
  })

  test('a rule that is changed delivers what is pending with its new sink; an equal change disturbs nothing', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => failing()).set('g', () => ok)
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [target])
    await engine.publish('b', 1)
    await engine.settled()
    await engine.rule('b', 'r', [target], { description: 'only the description' })
    expect(sinks.closed).toBe(0)

    await engine.rule('b', 'r', [{ sink: { function: 'g' } }])
    await engine.clock.advance(20_000)
    await engine.settled()
    expect(sinks.positions('g')).toEqual([1])
    expect(sinks.closed).toBe(1)
  })

  test('deliveries of a deleted rule end as dropped, with the reason', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', () => failing('sink.throttled'))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    const queue = await engine.rule('b', 'r', [target])
    await engine.publish('b', ...numbers(1_200))
    await engine.clock.settle()
    await engine.resources.rules.delete('acme', 'b', 'r')
    await engine.settled()
    expect((await engine.storage.queue.stat(queue)).pending).toBe(0)
    const ended = (await engine.journal('b')).filter(({ ending }) => ending !== undefined)
    expect(ended).toHaveLength(1_200)
    expect(new Set(ended.map(({ code }) => code))).toEqual(new Set(['delivery.target-removed']))
  })

  test('a deletion that a crash interrupts is finished after the restart', async () => {
    const sinks = new ScriptedSinks()
    const before = await TestEngine.start({ sinks })
    await before.bus('b')
    const queue = await before.rule('b', 'r', [target])
    await before.publish('b', 1, 2)
    await before.settled()
    await before.resources.rules.delete('acme', 'b', 'r')
    const storage = before.storage.crash()
    await before[Symbol.asyncDispose]()

    await using engine = await TestEngine.start({ sinks, storage, clock: before.clock })
    await engine.settled()
    expect((await engine.storage.queue.stat(queue)).pending).toBe(0)
    expect(await engine.endings('b')).toEqual({ 1: 'dropped', 2: 'dropped' })
  })

  test('wherever a crash cuts the routing to a target that is gone, the next start ends the delivery', async () => {
    let most = 0
    for (let kept = 0; kept <= most; kept++) {
      let isSyncing = true
      const sync = (): Promise<void> => (isSyncing ? Promise.resolve() : new Promise(() => {}))
      const first = await TestEngine.start({ storage: await openStorage({ sync }) })
      const { clock, storage } = first
      await first.bus('b')
      const queue = await first.rule('b', 'r', [target])
      await first.settled()
      await first[Symbol.asyncDispose]()
      await first.publish('b', 1)
      await first.resources.rules.delete('acme', 'b', 'r')
      isSyncing = false
      const second = await TestEngine.start({ storage, clock })
      await clock.advance(1)
      most = storage.pendingWrites
      const left = storage.crash(Math.min(kept, most))
      await second[Symbol.asyncDispose]()

      await using third = await TestEngine.start({ storage: left, clock })
      await third.settled()
      expect((await left.queue.stat(queue)).pending).toBe(0)
      expect(await third.endings('b')).toEqual({ 1: 'dropped' })
    }
    expect(most).toBeGreaterThan(1)
  })

  test('a stop waits for attempts under way, gives up those that hang, and the next start makes them again', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', (_, calls) => (calls === 1 ? 'hang' : ok))
    const before = await TestEngine.start({ sinks, parts: { drainMsMax: 2_000 } })
    await before.bus('b')
    await before.rule('b', 'r', [{ ...target, timeoutMs: 60_000 }])
    await before.publish('b', 1)
    await before.clock.settle()
    await before[Symbol.asyncDispose]()
    expect(before.clock.pending).toBe(0)

    const storage = before.storage.crash(before.storage.pendingWrites)
    await using engine = await TestEngine.start({ sinks, storage, clock: before.clock })
    await engine.settled()
    expect(sinks.writes.map(({ event }) => event.millraceattempt)).toEqual([1, 2])
    expect(await engine.endings('b')).toEqual({ 1: 'delivered' })
  })

  test('what became of an event is told by its position', async () => {
    const sinks = new ScriptedSinks()
    sinks.scripts.set('f', (_, calls) => (calls === 2 ? failing() : ok))
    await using engine = await TestEngine.start({ sinks })
    await engine.bus('b')
    await engine.rule('b', 'r', [target])
    await engine.publish('b', 1, 2, 3)
    await engine.clock.advance(20_000)
    await engine.settled()
    expect(await engine.delivery.trace('acme/b', 2)).toMatchObject([
      { position: 2, code: 'sink.failed', attempts: 1 },
      { position: 2, ending: 'delivered', attempts: 2 },
    ])
  })
})

test('with the byte allowance used up, each target still gets one event at a time', async () => {
  const sinks = new ScriptedSinks()
  sinks.scripts.set('f', () => ok).set('stuck', () => 'hang')
  await using engine = await TestEngine.start({ sinks, parts: { heldBytesMax: 1 } })
  await engine.bus('b')
  await engine.rule('b', 'r', [target, { sink: { function: 'stuck' } }])
  await engine.publish('b', ...numbers(20))
  await engine.clock.settle()
  await engine.clock.settle()
  expect(sinks.positions('f')).toHaveLength(20)
  expect(sinks.positions('stuck')).toHaveLength(1)
})

test('whoever waits for room in the budget is woken when there is some', () => {
  const budget = new Budget(100)
  let woken = 0
  budget.take(150)
  expect(budget.allows(10)).toBe(false)
  expect(budget.allows(0)).toBe(true)
  budget.onRoom(() => woken++)
  budget.release(20)
  expect(woken).toBe(0)
  budget.release(40)
  expect(woken).toBe(1)
})
