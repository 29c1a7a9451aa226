import { optionsParser, type OutgoingRecord, type Sink, systemClock, systemRandom } from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { Connection, createTopicsV7 } from '@platformatic/kafka'
import { connector } from '../src/index.ts'

/*
 * How many records of 1 KB a second the sink writes, and the source reads and commits, one after the other, with a broker on
 * this machine. `perSecondAndCore` is by the processor time of this process, so that a busy machine and the broker's own work do
 * not spoil it. Run: npm run services -- start kafka; node connectors/kafka/bench/broker.ts [HOST:PORT]
 */

const count = 400_000
const batch = 500
const partitions = 4
const writesAtOnce = 8

const value = Buffer.from(
  JSON.stringify({
    id: 'order-123',
    customer: { name: 'Ann Smith', tier: 'gold', address: { street: '1 Main St', zip: '12345' } },
    items: Array.from({ length: 8 }, (_, i) => ({ sku: `sku-${i}`, quantity: i, price: i * 1.5 })),
    pad: 'x'.repeat(490),
  }),
)

const base = outgoing('bench', { body: value, contentType: 'application/json' })

await main(process.argv[2] ?? '127.0.0.1:19092')

async function main(bootstrap: string): Promise<void> {
  const topic = `bench-${crypto.randomUUID()}`
  await createTopic(bootstrap, topic)
  for (const compression of ['none', 'none', 'lz4']) {
    const written = await measure(() => writeAll({ bootstrap, topic, compression }))
    console.log(JSON.stringify({ what: 'written', valueBytes: value.length, compression, ...written }))
  }
  for (const bodyForm of ['json', 'json', 'binary']) {
    const read = await measure(() => readAll({ bootstrap, topic, bodyForm }))
    console.log(JSON.stringify({ what: 'read and committed', valueBytes: value.length, bodyForm, ...read }))
  }
}

async function createTopic(bootstrap: string, name: string): Promise<void> {
  const [host = '', port] = bootstrap.split(':')
  const connection = new Connection('bench')
  await connection.connect(host, Number(port))
  const plan = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
  await createTopicsV7.api.async(connection, [plan], 10_000, false)
  await connection.close()
}

async function writeAll(options: Record<string, unknown>): Promise<void> {
  const sink = openSink(options)
  let left = count / batch
  const loop = async (): Promise<void> => {
    while (left-- > 0) {
      const records = Array.from({ length: batch }, (_, i) => keyed(left * batch + i))
      const outcomes = await sink.write(records, AbortSignal.timeout(60_000))
      for (const outcome of outcomes) if (outcome.status !== 'ok') throw outcome.error
    }
  }
  await Promise.all(Array.from({ length: writesAtOnce }, loop))
  await sink[Symbol.asyncDispose]()
}

function keyed(number: number): OutgoingRecord {
  return { ...base, parameters: { key: `k${number % 10_000}` } }
}

async function readAll(options: Record<string, unknown>): Promise<void> {
  const group = `bench-${crypto.randomUUID()}`
  const source = new SourceHost().open(connector, { ...options, group, start: 'earliest' })
  const commits = new Set<Promise<void>>()
  for (let read = 0; read < count; ) {
    const records = await source.read(
      { recordsMax: batch, bytesMax: 16_777_216 },
      AbortSignal.timeout(60_000),
    )
    read += records.length
    const commit: Promise<void> = source.commit(records).finally(() => commits.delete(commit))
    commits.add(commit)
  }
  await Promise.all(commits)
  await source[Symbol.asyncDispose]()
}

function openSink(options: Record<string, unknown>): Sink {
  const definition = connector.sink!
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return definition.open(optionsParser('kafka', definition.options)(options), {
    clock: systemClock,
    random: systemRandom(systemClock),
    log,
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'bench',
  })
}

async function measure(run: () => Promise<void>): Promise<Record<string, number>> {
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await run()
  const seconds = (performance.now() - startMs) / 1_000
  const used = process.cpuUsage(cpu)
  return {
    perSecond: Math.round(count / seconds),
    perSecondAndCore: Math.round((count * 1e6) / (used.user + used.system)),
  }
}
