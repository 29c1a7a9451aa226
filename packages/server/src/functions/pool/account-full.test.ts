import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { type FunctionSpec, functionView, type FunctionView } from '../../resources/index.ts'
import type { Lease } from './pool.ts'
import { defaultPoolsLimits, Pools } from './pools.ts'
import { simulatedInstance } from './simulated-instance.fixture.ts'

const spec = {
  handler: 'h',
  concurrencyPerInstance: 1,
  instancesMax: 10,
  initializerTimeoutMs: 1_000,
} as FunctionSpec

function viewOf(account: string, name: string): FunctionView {
  return functionView(account, name, { spec, revision: 1, createdAtMs: 0, updatedAtMs: 0 })
}

const [first, second, theirs] = [viewOf('1', 'first'), viewOf('1', 'second'), viewOf('2', 'first')]
const functions = new Map([first, second, theirs].map(view => [view.key, view]))

/** Pools of two accounts, the first of which may have two instances. */
function openPools() {
  const clock = new FakeClock()
  const allowed = { instances: 2 }
  let starts = 0
  const starter = {
    startMsMax: () => 1_000,
    start: async () => {
      const { instance } = await simulatedInstance(`i${starts++}`, clock)
      return { instance, phases: { codeMs: 0, runtimeMs: 0, initializeMs: 0 } }
    },
  }
  const accountInstancesMax = (account: string): number => (account === '1' ? allowed.instances : 100)
  const pools = new Pools(starter, clock, { ...defaultPoolsLimits, accountInstancesMax }, () => {})
  pools.follow(functions)
  const lease = (view: FunctionView): Promise<Lease> =>
    pools.of(view, view.latest).lease('r', 0, new AbortController().signal)
  return { clock, pools, allowed, lease }
}

test('all functions of an account together have so many instances; other accounts have theirs', async () => {
  const { clock, pools, lease } = openPools()
  await lease(first)
  await lease(second)
  expect(pools.hasRoomFor(pools.of(second, second.latest))).toBe(false)
  const refusal = lease(second).catch((thrown: unknown) => thrown)
  for (let count = 0; count < 3; count++) await lease(theirs)
  await clock.advance(defaultPoolsLimits.waiting.waitMsMax + 1_000)
  expect(await refusal).toMatchObject({ code: 'function.throttled' })
  await pools.close(AbortSignal.abort())
})

test('a function that needs one gets that of another function of the account which is idle, and of no other account', async () => {
  const { pools, lease } = openPools()
  await lease(first)
  const idle = await lease(first)
  const stranger = await lease(theirs)
  stranger.release()
  idle.release()
  await lease(second)
  expect(pools.of(first, first.latest).leased).toBe(1)
  expect(pools.of(theirs, theirs.latest).serving).toBe(1)
  expect(stranger.instance.state).not.toBe('gone')
  await pools.close(AbortSignal.abort())
})

test('who waits is served when the account may have more', async () => {
  const { pools, allowed, lease } = openPools()
  await lease(first)
  await lease(first)
  const waits = lease(second)
  allowed.instances = 3
  pools.follow(functions)
  await waits
  await pools.close(AbortSignal.abort())
})
