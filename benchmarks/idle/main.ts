import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setTimeout as pause } from 'node:timers/promises'
import { chooseSandbox, defaultFunctionsLimits } from '@millrace/server/engine'
import { account, openPlatform, type Platform, silentLog } from '../calls/index.ts'
import type { Scenario, ScenarioContext } from '../scenario.ts'

const goalBytes = 64 * 1_024
const idleMs = 600_000
const payload = Buffer.alloc(1_024, 'a')

/** What an instance that has nothing to do costs in the server itself. */
export const scenario: Scenario = {
  name: 'idle',
  title: 'Idle instances',
  compared:
    'The memory of a function platform with idle instances, each of which has answered, beside it with one.',
  goal: 'at most 64 KiB of the server for each, besides the runtime’s own process',
  run: async context => {
    const count = context.quick ? 4 : 60
    const limits = {
      pools: { ...defaultFunctionsLimits.pools, instancesMax: count + 2 },
      spares: { ...defaultFunctionsLimits.spares, sparesPerShape: 0 },
    }
    const dataFolder = await context.folder()
    const searchPath = process.env['PATH'] ?? ''
    const sandbox = await chooseSandbox({ choice: 'auto', dataFolder, searchPath, log: silentLog })
    await using platform = await openPlatform(dataFolder, limits, sandbox)
    const source = 'export const handler = () => new Promise(resolve => setTimeout(resolve, 2000, "done"))'
    // What is made once, such as compiled code, must not be counted as an instance's.
    await platform.define('early', source, { idleMs, instancesMax: count + 1 })
    await fill(platform, 'early', Math.ceil(count / 4), context)
    await platform.define('early', `${source} // again`, { idleMs: 1 })
    while (instances(platform, 'early') > 0) await pause(20)
    await platform.define('idle', source, { idleMs, instancesMax: count + 1 })
    await fill(platform, 'idle', 1, context)
    const before = await settled()
    await fill(platform, 'idle', count + 1, context)
    const after = await settled()
    const bytes = (after.counted - before.counted) / count
    return {
      rows: [
        {
          label: 'heap, buffers and other counted memory, each',
          value: bytes / 1_024,
          unit: 'KiB',
          goal: '≤ 64 KiB',
          met: bytes <= goalBytes,
        },
        { label: 'of that, heap', value: (after.heap - before.heap) / count / 1_024, unit: 'KiB' },
      ],
      notes: [
        `${count} instances in ${sandbox.kind}, network on; buffers of sockets in the kernel are not counted`,
      ],
    }
  },
}

/** Calls so often at once that so many instances are needed, which stay. */
async function fill(
  platform: Platform,
  name: string,
  count: number,
  context: ScenarioContext,
): Promise<void> {
  context.log(`${count} instances of ${name}`)
  await Promise.all(Array.from({ length: count }, () => platform.call(name, payload)))
  if (instances(platform, name) < count) throw new Error(`${name} has fewer than ${count} instances`)
}

function instances(platform: Platform, name: string): number {
  return platform.functions.status(account, name).instances.length
}

interface Memory {
  /** Bytes that the engine counts: its heap and what hangs on it outside. */
  readonly counted: number
  readonly heap: number
}

/** After what nobody needs any more has been collected, and what is done a moment after a call has been done. */
async function settled(): Promise<Memory> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 5; round++) {
    await pause(300)
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return { counted: heapUsed + external, heap: heapUsed }
}
