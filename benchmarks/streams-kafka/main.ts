import { setTimeout as pause } from 'node:timers/promises'
import { ownService } from '@millrace/services'
import { startMillrace, type Millrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioResult, ScenarioRow } from '../scenario.ts'
import { buildBenthos, type Figures, runBenthos } from './benthos.ts'
import { fill, keptOf, type Work } from './work.ts'

const partitions = 4
const goal = 0.8

/** Kafka → filter → template → Kafka, beside Benthos on the same broker. */
export const scenario: Scenario = {
  name: 'streams-kafka',
  title: 'From one Kafka topic to another',
  compared:
    'A stream that filters and makes new records of 1 KB ones, beside the core of Benthos (with the Kafka client that its own components are made from) doing the same on the same broker; the better of two turns each, in turn. Then the same through a function.',
  goal: `at least ${goal} × Benthos`,
  run,
}

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  context.log('building Benthos, which takes minutes the first time')
  const benthos = await buildBenthos(context.signal)
  context.log('starting Kafka')
  await using kafka = await ownService('kafka')
  const records = context.quick ? 5_000 : 400_000
  await kafka.createTopic('in', partitions)
  context.log(`writing ${records} records`)
  await fill(kafka.address, 'in', records, context.signal)
  await using millrace = await startMillrace(context, await context.folder())
  const work = async (name: string): Promise<Work> => {
    await kafka.createTopic(name, partitions)
    return { bootstrap: kafka.address, from: 'in', to: name, group: name, records }
  }
  const peer: Figures[] = []
  const own: Figures[] = []
  for (const turn of [1, 2]) {
    if ('program' in benthos) {
      context.log(`Benthos, turn ${turn}`)
      peer.push(await runBenthos(benthos.program, await work(`benthos-${turn}`), context.signal))
    }
    context.log(`the stream, turn ${turn}`)
    own.push(await runStream(millrace, await work(`stream-${turn}`), [], context.signal))
  }
  context.log('the stream through a function')
  await deployClean(millrace)
  const throughFunction = await runStream(millrace, await work('function'), ['clean'], context.signal)
  const unavailable = 'unavailable' in benthos ? [`Benthos could not be built: ${benthos.unavailable}`] : []
  return {
    rows: rows(records, peer, own, throughFunction),
    notes: [
      `${records} records of 1 KB in ${partitions} partitions, a fifth of them dropped; ${keptOf(records)} to write`,
      `acks=all on one broker, batches of 1,000 at most, both sides with two cores that they share with the broker`,
      ...unavailable,
    ],
  }
}

function rows(
  records: number,
  peer: readonly Figures[],
  own: readonly Figures[],
  throughFunction: Figures,
): ScenarioRow[] {
  const rate = (figures: readonly Figures[]): number =>
    Math.round(records / (Math.min(...figures.map(({ ms }) => ms)) / 1_000))
  const ownRate = rate(own)
  const wrong = [...peer, ...own, throughFunction].filter(({ written }) => written !== keptOf(records))
  const compared: ScenarioRow[] =
    peer.length === 0
      ? [{ label: 'stream', value: ownRate, unit: 'records/s' }]
      : [
          { label: 'Benthos', value: rate(peer), unit: 'records/s' },
          {
            label: 'stream',
            value: ownRate,
            unit: 'records/s',
            ratio: ownRate / rate(peer),
            goal: `≥ ${goal} × Benthos`,
            met: ownRate >= goal * rate(peer),
          },
        ]
  return [
    ...compared,
    {
      label: 'stream through a function',
      value: rate([throughFunction]),
      unit: 'records/s',
      ratio: rate([throughFunction]) / ownRate,
    },
    {
      label: 'turns that wrote another number of records',
      value: wrong.length,
      unit: 'turns',
      goal: '0',
      met: wrong.length === 0,
    },
  ]
}

/** Makes a stream, waits until it has read everything, and removes it. */
async function runStream(
  { client }: Millrace,
  { bootstrap, from, to, group, records }: Work,
  functions: readonly string[],
  signal: AbortSignal,
): Promise<Figures> {
  await client.streams.put(group, {
    source: { connector: 'kafka', options: { bootstrap, topic: from, group, start: 'earliest' } },
    pattern: { data: { value: { kind: ['order'] } } },
    functions: functions.map(name => ({ function: name })),
    transform: {
      form: 'TEMPLATE',
      value: { id: '$.data.value.id', customer: '$.data.value.customer.name', total: '$.data.value.total' },
      template: '{"id":"${jsonEscape(id)}","customer":"${jsonEscape(customer)}","total":${total}}',
    },
    parameters: { key: { form: 'JSONPATH', value: '$.data.key' } },
    sink: { connector: 'kafka', options: { bootstrap, topic: to } },
    batch: { countMax: 1_000 },
  })
  let startedAtMs = 0
  for (;;) {
    const { counts } = await client.streams.status(group)
    const { read = 0, written = 0, filtered = 0 } = counts
    if (read > 0 && startedAtMs === 0) startedAtMs = performance.now()
    if (written + filtered >= records) {
      const ms = performance.now() - startedAtMs
      await client.streams.delete(group)
      return { read, written, ms }
    }
    await pause(100, undefined, { signal })
  }
}

/** A function that gives the batch back as it is: what it costs is the way there and back. */
async function deployClean({ client }: Millrace): Promise<void> {
  const source = 'exports.handler = async events => JSON.parse(events)\n'
  const code = await client.uploadCode(new Map([['index.js', Buffer.from(source)]]))
  await client.functions.put('clean', {
    runtime: 'nodejs24',
    handler: 'index.handler',
    code,
    timeoutMs: 60_000,
  })
}
