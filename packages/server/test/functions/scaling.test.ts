import { describe, expect, test } from 'vitest'
import { defaultFunctionsLimits, type FunctionsLimits } from '../../src/functions/index.ts'
import type { PartView, ScalingSpec } from '../../src/resources/index.ts'
import { account, FunctionsBench, until } from './bench.ts'

const tells = 'exports.handler = async () => String(process.pid)'
const turnMs = defaultFunctionsLimits.scaling.turnMs

function scaling(
  change: Partial<ScalingSpec>,
  qualifier = 'LATEST',
): ReadonlyMap<string, PartView<ScalingSpec>> {
  const spec = { instancesMin: 0, schedules: [], tracking: [], overflow: true, ...change }
  return new Map([[qualifier, { name: qualifier, spec, revision: 1, createdAtMs: 0, updatedAtMs: 0 }]])
}

function serving(bench: FunctionsBench, name: string): number {
  const { instances } = bench.functions.status(account, name)
  return instances.filter(({ state }) => state === 'idle' || state === 'busy').length
}

function pools(change: Partial<FunctionsLimits['pools']>): Partial<FunctionsLimits> {
  return { pools: { ...defaultFunctionsLimits.pools, ...change } }
}

describe('instances that are kept', () => {
  test('start without a call, outlive any idleness, and end at once when they are no longer wanted', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('kept', tells)
    bench.snapshots.change('kept', { scaling: scaling({ instancesMin: 2 }) })
    await bench.clock.advance(turnMs)
    await until(() => serving(bench, 'kept') === 2)
    await bench.clock.advance(defaultFunctionsLimits.pools.idleMsMax * 3)
    expect(serving(bench, 'kept')).toBe(2)
    expect((await bench.invoke('kept')).metering.coldStart).toBe(false)
    expect(bench.functions.scaling(account, 'kept', 'LATEST')).toMatchObject({
      instances: 2,
      reason: 'minimum',
      serving: 2,
    })
    bench.snapshots.change('kept', { scaling: scaling({ instancesMin: 1 }) })
    await bench.clock.advance(turnMs)
    await until(() => bench.functions.status(account, 'kept').instances.length === 1)
  })

  test('are replaced when one ends by itself', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('kept', tells)
    bench.snapshots.change('kept', { scaling: scaling({ instancesMin: 1 }) })
    await bench.clock.advance(turnMs)
    await until(() => serving(bench, 'kept') === 1)
    const before = Number(await bench.text('kept'))
    process.kill(before, 'SIGKILL')
    await until(() => serving(bench, 'kept') === 0)
    await until(() => serving(bench, 'kept') === 1)
    expect(Number(await bench.text('kept'))).not.toBe(before)
  })

  test('are all there is where none may be added', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('kept', 'exports.handler = () => new Promise(done => setTimeout(done, 30))')
    bench.snapshots.change('kept', { scaling: scaling({ instancesMin: 1, overflow: false }) })
    await bench.clock.advance(turnMs)
    await until(() => serving(bench, 'kept') === 1)
    await Promise.all([bench.text('kept'), bench.text('kept'), bench.text('kept')])
    expect(bench.functions.status(account, 'kept').instances).toHaveLength(1)
    bench.snapshots.change('kept', { scaling: scaling({ instancesMin: 0, overflow: false }) })
    await bench.clock.advance(turnMs)
    await expect(bench.invoke('kept')).rejects.toMatchObject({ code: 'function.throttled' })
  })

  test('belong to the version that an alias names', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('kept', tells)
    bench.snapshots.publish('kept', '1')
    const alias = { description: '', version: '1' }
    bench.snapshots.change('kept', {
      aliases: new Map([
        ['prod', { name: 'prod', spec: alias, revision: 1, createdAtMs: 0, updatedAtMs: 0 }],
      ]),
      scaling: scaling({ instancesMin: 1 }, 'prod'),
    })
    await bench.clock.advance(turnMs)
    await until(() => serving(bench, 'kept') === 1)
    expect(bench.functions.status(account, 'kept').instances).toMatchObject([{ version: '1' }])
  })

  test('grow with the use of their places, and shrink slowly', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define(
      'busy',
      'exports.handler = (e, c) => new Promise(done => { c.signal.onabort = done })',
      {
        instancesMax: 10,
        timeoutMs: 600_000,
      },
    )
    const policy = {
      name: 't',
      metric: 'concurrency' as const,
      target: 0.5,
      instancesMin: 1,
      instancesMax: 4,
      timeZone: 'UTC',
    }
    bench.snapshots.change('busy', { scaling: scaling({ tracking: [policy] }) })
    await bench.clock.advance(turnMs)
    await until(() => serving(bench, 'busy') === 1)
    const stop = new AbortController()
    const calls = [0, 1, 2].map(() =>
      bench.invoke('busy', '', { signal: stop.signal }).catch(() => undefined),
    )
    await until(() => serving(bench, 'busy') >= 3)
    for (let turn = 0; turn < 30; turn++) await bench.clock.advance(turnMs)
    expect(bench.functions.scaling(account, 'busy', 'LATEST')).toMatchObject({
      instances: 4,
      reason: 'tracking',
    })
    stop.abort()
    await Promise.all(calls)
    for (let turn = 0; turn < 40; turn++) await bench.clock.advance(turnMs)
    expect(bench.functions.scaling(account, 'busy', 'LATEST')).toMatchObject({ instances: 1 })
  })
})

describe('on-demand instances', () => {
  test('end after the idle time of their function', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('short', tells, { idleMs: 5_000 })
    await bench.text('short')
    await bench.clock.advance(4_999)
    expect(serving(bench, 'short')).toBe(1)
    await bench.clock.advance(1)
    await until(() => bench.functions.status(account, 'short').instances.length === 0)
  })

  test('may not start more quickly than the server allows: who would need one more is turned away', async () => {
    await using bench = await FunctionsBench.open({
      limits: pools({ growth: { burstInstances: 1, growthPerMinute: 60 } }),
    })
    await bench.define('fast', 'exports.handler = () => new Promise(done => setTimeout(done, 30))')
    const calls = await Promise.allSettled([bench.text('fast'), bench.text('fast')])
    expect(calls).toMatchObject([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: { code: 'function.throttled', retry: { kind: 'after', delayMs: 1_000 } },
      },
    ])
  })

  test('leave alone what is reserved for another function', async () => {
    await using bench = await FunctionsBench.open({ limits: pools({ instancesMax: 2 }) })
    await bench.define('kept', tells)
    await bench.define('other', tells)
    bench.snapshots.change('kept', { reservedInstances: 1 })
    await Promise.all([bench.text('other'), bench.text('other'), bench.text('other')])
    expect(bench.functions.status(account, 'other').instances).toHaveLength(1)
    await bench.text('kept')
  })
})
