import { setTimeout as pause } from 'node:timers/promises'
import { createStreams, emptySnapshot, type StreamSpec, type StreamView } from '@millrace/server/engine'
import { LocalLeases, systemClock, systemRandom } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { type Scenario, type ScenarioContext, type ScenarioResult, type ScenarioRow } from '../scenario.ts'
import { CountingSink, SimulatedSource } from './simulated.ts'

const recordsGoal = 10_000_000
const passGoal = 300_000
const changeGoal = 150_000
const growthGoalMiB = 32

/** What a stream costs without what it connects. */
export const scenario: Scenario = {
  name: 'streams',
  title: 'Streams: the engine alone',
  compared:
    'A simulated source of records of 1 KB in 12 partitions, kept in order, and a sink that only counts.',
  goal: `at least ${passGoal} records/s passed through, ${changeGoal} with filter and template; memory flat`,
  run,
}

const template = {
  pattern: { data: { value: { kind: ['order'] } } },
  transform: {
    form: 'TEMPLATE' as const,
    value: { order: '$.data.value.order', customer: '$.data.value.customer', amount: '$.data.value.amount' },
    template: '{"order":${order},"customer":"${customer}","amount":${amount}}',
  },
  parameters: { key: { form: 'JSONPATH' as const, value: '$.data.key' } },
}

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  const records = context.quick ? 200_000 : recordsGoal
  // Code that has not run often enough is slow, and is not what is asked for.
  await measure(context, {}, 100_000)
  await measure(context, template, 100_000)
  context.log('passing through')
  const passed = await measure(context, {}, records)
  context.log('filter and template')
  const changed = await measure(context, template, records)
  return {
    rows: [
      ...rowsOf('passed through', passed, passGoal),
      ...rowsOf('filter (half match), template and key', changed, changeGoal),
    ],
    notes: [
      `${records} records each; resident memory is that of the whole process, sampled ten times a second`,
    ],
  }
}

interface Measured {
  /** By the clock, which counts what else the machine does. */
  readonly perSecond: number
  /** By the time of all its threads on processors, the collector of garbage included. */
  readonly perProcessorSecond: number
  /** Resident MiB when a tenth, half and all of the records had been committed; the peak after the first tenth. */
  readonly start: number
  readonly middle: number
  readonly end: number
  readonly peak: number
}

function rowsOf(
  label: string,
  { perSecond, perProcessorSecond, start, middle, end, peak }: Measured,
  goal: number,
): ScenarioRow[] {
  const met = end - start < growthGoalMiB
  return [
    {
      label,
      value: perProcessorSecond,
      unit: 'records/s of processor',
      goal: `≥ ${goal}`,
      met: perProcessorSecond >= goal,
    },
    { label: '  by the clock', value: perSecond, unit: 'records/s' },
    { label: '  resident after a tenth', value: start, unit: 'MiB' },
    { label: '  resident after half', value: middle, unit: 'MiB' },
    {
      label: '  resident at the end',
      value: end,
      unit: 'MiB',
      goal: `at most ${growthGoalMiB} more than after a tenth`,
      met,
    },
    { label: '  most', value: peak, unit: 'MiB' },
  ]
}

async function measure(
  context: ScenarioContext,
  more: Partial<StreamSpec>,
  records: number,
): Promise<Measured> {
  const source = new SimulatedSource(records)
  const streams = await openStream(source, new CountingSink(), more)
  await using _streams = streams
  const beganAt = performance.now()
  const before = process.cpuUsage()
  await streams.start()
  const samples: { readonly committed: number; readonly residentMiB: number }[] = []
  while (source.committed < records) {
    await pause(records > 1_000_000 ? 100 : 5, undefined, { signal: context.signal })
    samples.push({ committed: source.committed, residentMiB: process.memoryUsage.rss() / 1024 ** 2 })
  }
  const seconds = (performance.now() - beganAt) / 1_000
  const { user, system } = process.cpuUsage(before)
  const at = (share: number): number =>
    samples.find(({ committed }) => committed >= records * share)?.residentMiB ?? Number.NaN
  const warm = samples.filter(({ committed }) => committed >= records / 10)
  return {
    perSecond: records / seconds,
    perProcessorSecond: (records * 1_000_000) / (user + system),
    start: at(0.1),
    middle: at(0.5),
    end: at(1),
    peak: Math.max(...warm.map(({ residentMiB }) => residentMiB)),
  }
}

async function openStream(source: SimulatedSource, sink: CountingSink, more: Partial<StreamSpec>) {
  const { documents } = await openStorage({ clock: systemClock })
  const spec: StreamSpec = {
    description: '',
    source: { connector: 'simulated', options: {} },
    pattern: {},
    dialect: 'standard',
    functions: [],
    parameters: {},
    sink: { connector: 'counting', options: {} },
    batch: { countMax: 1_000, windowMs: 0, bytesMax: 4_194_304 },
    tasksMax: 1,
    concurrencyMax: 8,
    retry: { strategy: 'BACKOFF_RETRY' },
    onExhausted: 'continue',
    timeoutMs: 60_000,
    paused: false,
    ...more,
  }
  const stream: StreamView = {
    account: 'bench',
    name: 's',
    key: 'bench/s',
    spec,
    revision: 1,
    createdAtMs: 0,
    updatedAtMs: 0,
  }
  const snapshot = { ...emptySnapshot, streams: new Map([[stream.key, stream]]) }
  const quiet = (): void => {}
  return createStreams({
    snapshots: { current: () => snapshot, subscribe: () => ({ [Symbol.dispose]: quiet }) },
    documents,
    leases: new LocalLeases(systemClock),
    node: 'bench',
    openSource: () => Promise.resolve(source),
    sourceTraits: () => Promise.resolve({ tasksMax: 1, ordered: true }),
    sinks: { open: () => sink },
    sinkRecordsMax: () => Promise.resolve(1_000),
    clock: systemClock,
    random: systemRandom(systemClock),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  })
}
