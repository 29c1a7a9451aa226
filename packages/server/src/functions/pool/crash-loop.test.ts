import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { type FunctionSpec, functionView } from '../../resources/index.ts'
import { defaultPoolsLimits, Pools } from './pools.ts'
import { simulatedInstance } from './simulated-instance.fixture.ts'

const spec = {
  handler: 'h',
  concurrencyPerInstance: 1,
  instancesMax: 1,
  initializerTimeoutMs: 1_000,
} as FunctionSpec
const view = functionView('acc', 'crashing', { spec, revision: 1, createdAtMs: 0, updatedAtMs: 0 })

test('code that ends its instance with every call is started ever more rarely, and its callers wait', async () => {
  const clock = new FakeClock()
  let starts = 0
  const starter = {
    startMsMax: () => 1_000,
    start: async () => {
      const { instance } = await simulatedInstance(`i${starts++}`, clock)
      return { instance, phases: { codeMs: 0, runtimeMs: 0, initializeMs: 0 } }
    },
  }
  const pools = new Pools(starter, clock, defaultPoolsLimits, () => {})
  pools.follow(new Map([[view.key, view]]))
  const pool = pools.of(view, view.latest)
  const callAndCrash = async (): Promise<void> => {
    const lease = await pool.lease('r', 0, new AbortController().signal)
    lease.instance.kill()
    await lease.instance.gone
    lease.release()
  }
  for (let count = 0; count < 6; count++) await callAndCrash()
  expect(starts).toBe(6)

  const seventh = callAndCrash()
  await clock.advance(99)
  expect(starts).toBe(6)
  await clock.advance(1)
  await seventh
  expect(starts).toBe(7)

  const eighth = callAndCrash()
  await clock.advance(199)
  expect(starts).toBe(7)
  await clock.advance(1)
  await eighth
  expect(starts).toBe(8)
  await pools.close(AbortSignal.abort())
})
