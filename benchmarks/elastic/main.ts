import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@millrace/sdk'
import { startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts'
import { stepChart } from './chart.ts'
import { type Sample, StepLoad } from './step-load.ts'

const callers = 200
const concurrencyPerInstance = 10
const instancesMax = callers / concurrencyPerInstance
const callMs = 100
const idleMs = 3_000
const sampleEveryMs = 100
const upGoalMs = 1_000
/** How much later than the idle time the last instance may go. */
const downGoalMs = idleMs + 2_000

/** Whether instances follow a load that steps up and down. */
export const scenario: Scenario = {
  name: 'elastic',
  title: 'A load that steps from 0 to 200 concurrent calls and back',
  compared: `${callers} callers at once, each call ${callMs} ms long, ${concurrencyPerInstance} calls per instance, then none.`,
  goal: `${instancesMax} instances within ${upGoalMs} ms, none ${downGoalMs} ms after the load (idle time ${idleMs} ms), nothing refused`,
  run,
}

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  await using millrace = await startMillrace(context, await context.folder())
  const { client } = millrace
  await deploy(client)
  const load = new StepLoad(client, 'step')
  const samples: Sample[] = []
  const startedAtMs = performance.now()
  const sampling = new AbortController()
  const sampler = sample(client, load, samples, startedAtMs, sampling.signal)
  context.log('up')
  const running = load.run(callers)
  await pause(context.quick ? 2_000 : 10_000, undefined, { signal: context.signal })
  context.log('down')
  load.stop()
  await running
  const endedAtMs = performance.now() - startedAtMs
  await pause(downGoalMs + 2_000, undefined, { signal: context.signal })
  sampling.abort()
  await sampler
  if (!context.quick) await writeFile(join(import.meta.dirname, '../results/elastic.svg'), stepChart(samples))
  return resultOf(load, samples, endedAtMs)
}

async function deploy(client: Client): Promise<void> {
  const source = `export const handler = () => new Promise(resolve => setTimeout(resolve, ${callMs}, 'done'))`
  const code = await client.uploadCode(new Map([['index.mjs', Buffer.from(source)]]))
  await client.functions.put('step', {
    code,
    runtime: 'nodejs',
    handler: 'index.handler',
    memoryMiB: 128,
    concurrencyPerInstance,
    instancesMax,
    idleMs,
  })
}

async function sample(
  client: Client,
  load: StepLoad,
  samples: Sample[],
  startedAtMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { instances } = await client.functionStatus('step')
    const serving = instances.filter(({ state }) => state === 'idle' || state === 'busy').length
    const atMs = performance.now() - startedAtMs
    samples.push({ atMs, calls: load.underWay, instances: serving, latencyMsMax: load.takeLatency() })
    await pause(sampleEveryMs)
  }
}

function resultOf(load: StepLoad, samples: readonly Sample[], endedAtMs: number): ScenarioResult {
  const upMs = samples.find(({ instances }) => instances >= instancesMax)?.atMs ?? Number.POSITIVE_INFINITY
  const goneAtMs =
    samples.find(({ atMs, instances }) => atMs > endedAtMs && instances === 0)?.atMs ??
    Number.POSITIVE_INFINITY
  const downMs = goneAtMs - endedAtMs
  const refused = [...load.refusals.values()].reduce((sum, count) => sum + count, 0)
  const most = Math.max(...samples.map(({ instances }) => instances))
  return {
    rows: [
      {
        label: `${instancesMax} instances after`,
        value: upMs,
        unit: 'ms',
        goal: `< ${upGoalMs} ms`,
        met: upMs < upGoalMs,
      },
      {
        label: 'none after the load',
        value: downMs,
        unit: 'ms',
        goal: `< ${downGoalMs} ms`,
        met: downMs < downGoalMs,
      },
      { label: 'most instances', value: most, unit: 'instances' },
      { label: 'answered', value: load.answered, unit: 'calls' },
      { label: 'refused', value: refused, unit: 'calls', goal: '0', met: refused === 0 },
    ],
    notes: [...load.refusals].map(([code, count]) => `${count} calls ended with ${code}`),
  }
}
