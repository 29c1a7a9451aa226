import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { defaultFunctionsLimits, type FunctionSpec } from '@millrace/server/engine'
import type { ScenarioContext, ScenarioRow } from '../scenario.ts'
import { median } from './median.ts'
import { openPlatform, type Platform } from './platform.ts'

const payload = Buffer.alloc(1_024, 'a')

/** First calls of functions that have no instance, with and without a waiting process, beside a bare process. */
export async function coldRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  const count = context.quick ? 2 : 25
  const { pools, spares } = defaultFunctionsLimits
  // Instances end at once, so that the next first call has the machine for itself.
  const limits = { pools: { ...pools, idleMsMax: 1 } }
  await using spared = await openPlatform(await context.folder(), limits)
  await using plain = await openPlatform(await context.folder(), {
    ...limits,
    spares: { ...spares, sparesPerShape: 0 },
  })
  await spared.define('first', handler(-1))
  await spared.call('first', payload)
  const bare: number[] = []
  const fresh: number[] = []
  const waiting: number[] = []
  for (let index = 0; index < count; index++) {
    if (index % 5 === 0) context.log(`cold starts, ${index} of ${count}`)
    bare.push(await firstByteMs())
    fresh.push(await firstCallMs(plain, index))
    while (spared.functions.spares === 0) await turn(5)
    waiting.push(await firstCallMs(spared, index))
  }
  const [bareMs, freshMs, waitingMs] = [median(bare), median(fresh), median(waiting)]
  return [
    { label: 'bare Node.js process to its first byte, p50', value: bareMs, unit: 'ms' },
    {
      label: 'first call, new process, p50',
      value: freshMs,
      unit: 'ms',
      ratio: freshMs / bareMs,
      goal: '< 1.5 × the bare process',
      met: freshMs < 1.5 * bareMs,
    },
    {
      label: 'first call, waiting process, p50',
      value: waitingMs,
      unit: 'ms',
      goal: '< 10 ms',
      met: waitingMs < 10,
    },
  ]
}

/** Another code for each, so that none is unpacked yet. */
function handler(index: number): string {
  return `export const handler = async event => event // ${index}`
}

/** Of a function that nobody has called yet, until its answer. Resolves when its instance is gone again. */
export async function firstCallMs(
  platform: Platform,
  index: number,
  change: Partial<FunctionSpec> = {},
): Promise<number> {
  const name = `cold-${index}`
  await platform.define(name, handler(index), change)
  const startedAt = performance.now()
  await platform.call(name, payload)
  const took = performance.now() - startedAt
  while (![...platform.functions.instances()].every(([, state]) => state === 'gone')) await turn(5)
  return took
}

/** From the start of a process of the runtime, in no sandbox, to what it prints. */
export async function firstByteMs(): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("x")'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const took = performance.now() - startedAt
  await once(child, 'close')
  return took
}

function turn(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
