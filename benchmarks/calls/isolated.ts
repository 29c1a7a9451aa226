import { chooseSandbox, defaultFunctionsLimits } from '@millrace/server/engine'
import type { ScenarioContext, ScenarioRow } from '../scenario.ts'
import { firstByteMs, firstCallMs } from './cold.ts'
import { median } from './median.ts'
import { openPlatform, silentLog } from './platform.ts'

/** What a function states as cores unless it says otherwise, so that the quota of processor time counts, too. */
const cpu = 0.35

/** First calls in the sandbox, without a waiting process, beside a bare process outside. None where it does not work. */
export async function isolatedRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  const folder = await context.folder()
  const searchPath = process.env['PATH'] ?? ''
  const sandbox = await chooseSandbox({ choice: 'auto', dataFolder: folder, searchPath, log: silentLog })
  if (sandbox.kind === 'process') {
    context.log('there is no bubblewrap that works: no figures of it')
    return []
  }
  const count = context.quick ? 2 : 25
  const { pools, spares } = defaultFunctionsLimits
  const limits = { pools: { ...pools, idleMsMax: 1 }, spares: { ...spares, sparesPerShape: 0 } }
  await using platform = await openPlatform(folder, limits, sandbox)
  const bare: number[] = []
  const apart: number[] = []
  const connected: number[] = []
  for (let index = 0; index < count; index++) {
    if (index % 5 === 0) context.log(`cold starts in ${sandbox.kind}, ${index} of ${count}`)
    bare.push(await firstByteMs())
    apart.push(await firstCallMs(platform, 2 * index, { cpu, network: 'off' }))
    connected.push(await firstCallMs(platform, 2 * index + 1, { cpu, network: 'on' }))
  }
  const bareMs = median(bare)
  const row = (network: string, values: readonly number[]): ScenarioRow => {
    const value = median(values)
    return {
      label: `first call, new process in ${sandbox.kind} (${sandbox.limits}), ${cpu} cores, network ${network}, p50`,
      value,
      unit: 'ms',
      ratio: value / bareMs,
      goal: '< 1.5 × the bare process',
      met: value < 1.5 * bareMs,
    }
  }
  return [
    { label: 'bare Node.js process to its first byte, again, p50', value: bareMs, unit: 'ms' },
    row('off', apart),
    row('on', connected),
  ]
}
