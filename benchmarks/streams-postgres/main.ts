import { ownService } from '@millrace/services'
import { startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioResult, ScenarioRow } from '../scenario.ts'
import { buildBenthos, runBenthos } from './benthos.ts'
import { runRaw } from './raw.ts'
import { type ChangesFigures, deployFunction, runChanges, runStream } from './streams.ts'
import { batchRows, connections, countRows, fill, makeTable, type Work } from './work.ts'

const partitions = 4
const rawGoal = 0.7
const peerGoal = 1
const grownMiBMax = 64

/** Kafka → function → PostgreSQL beside the bare driver and Benthos; then a million changes of one transaction. */
export const scenario: Scenario = {
  name: 'streams-postgres',
  title: 'From Kafka through a function into PostgreSQL, and changes out of it',
  compared:
    'A stream that makes a row of each record in user code, beside the bare driver that inserts as large batches on as many connections from memory, and beside the core of Benthos with the Kafka and PostgreSQL clients of its own components. Then the memory of a server that reads the changes of one large transaction.',
  goal: `at least ${rawGoal} × the bare driver and ${peerGoal} × Benthos; memory grows by less than ${grownMiBMax} MiB`,
  run,
}

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  const { signal } = context
  context.log('building Benthos, which takes minutes the first time')
  const benthos = await buildBenthos(signal)
  context.log('starting Kafka and PostgreSQL')
  await using kafka = await ownService('kafka')
  await using postgres = await ownService('postgres')
  const records = context.quick ? 5_000 : 200_000
  const changes = context.quick ? 20_000 : 1_000_000
  await kafka.createTopic('orders', partitions)
  context.log(`writing ${records} records`)
  await fill(kafka.address, 'orders', records, signal)
  await using millrace = await startMillrace(context, await context.folder())
  await deployFunction(millrace)
  let wrong = 0
  const turn = async (table: string, does: (work: Work) => Promise<number>): Promise<number> => {
    const work = { bootstrap: kafka.address, topic: 'orders', postgres, table, records }
    await makeTable(work)
    context.log(table)
    const ms = await does(work)
    if ((await countRows(work)) !== records) wrong++
    return records / (ms / 1_000)
  }
  const raw: number[] = []
  const peer: number[] = []
  const own: number[] = []
  for (const number of [1, 2]) {
    raw.push(await turn(`driver_${number}`, runRaw))
    if ('program' in benthos) {
      peer.push(await turn(`benthos_${number}`, work => runBenthos(benthos.program, work, signal)))
    }
    own.push(await turn(`stream_${number}`, work => runStream(millrace, work, 'function', signal)))
  }
  const plain = await turn('template', work => runStream(millrace, work, 'template', signal))
  context.log(`${changes} changes`)
  const read = await runChanges(millrace, { postgres, table: 'changes' }, changes, signal)
  const unavailable = 'unavailable' in benthos ? [`Benthos could not be built: ${benthos.unavailable}`] : []
  return {
    rows: [
      ...rateRows({ raw: Math.max(...raw), peer, own: Math.max(...own), plain, wrong }),
      ...changeRows(read, changes),
    ],
    notes: [
      `${records} records of half a kilobyte in ${partitions} partitions; batches of ${batchRows} rows, ${connections} connections; the better of two turns each, in turn`,
      `${changes} inserts of one transaction, read from a slot and written to another table`,
      'all sides, both servers and the function share two cores; PostgreSQL without fsync',
      ...unavailable,
    ],
  }
}

interface Rates {
  readonly raw: number
  readonly peer: readonly number[]
  readonly own: number
  /** Without a function. */
  readonly plain: number
  readonly wrong: number
}

function rateRows({ raw, peer, own, plain, wrong }: Rates): ScenarioRow[] {
  const unit = 'rows/s'
  const best = Math.max(...peer)
  return [
    { label: 'the bare driver', value: Math.round(raw), unit },
    ...(peer.length === 0 ? [] : [{ label: 'Benthos', value: Math.round(best), unit, ratio: best / raw }]),
    {
      label: 'stream through a function',
      value: Math.round(own),
      unit,
      ratio: own / raw,
      goal: `≥ ${rawGoal} × the bare driver`,
      met: own >= rawGoal * raw,
    },
    ...(peer.length === 0
      ? []
      : [
          {
            label: 'the same, beside Benthos',
            value: Math.round(own),
            unit,
            ratio: own / best,
            goal: `≥ ${peerGoal} × Benthos`,
            met: own >= peerGoal * best,
          },
        ]),
    { label: 'stream through a template', value: Math.round(plain), unit, ratio: plain / raw },
    {
      label: 'turns that wrote another number of rows',
      value: wrong,
      unit: 'turns',
      goal: '0',
      met: wrong === 0,
    },
  ]
}

function changeRows({ ms, early, late, most }: ChangesFigures, changes: number): ScenarioRow[] {
  const mib = (bytes: number): number => Math.round(bytes / 1_048_576)
  const grown = mib(late - early)
  return [
    { label: 'changes read and written', value: Math.round(changes / (ms / 1_000)), unit: 'changes/s' },
    { label: 'memory after a tenth of the changes', value: mib(early), unit: 'MiB' },
    { label: 'most memory after that', value: mib(most), unit: 'MiB' },
    {
      label: 'growth up to the last change',
      value: grown,
      unit: 'MiB',
      goal: `< ${grownMiBMax} MiB`,
      met: grown < grownMiBMax,
    },
  ]
}
