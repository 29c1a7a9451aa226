import type { Client } from '@millrace/sdk'
import { useService } from '@millrace/services'
import { until } from '../testing.ts'
import type { Sale } from './functions/sale.mts'
import type { Systems } from './run.ts'
import type { TillLine } from './tills.ts'

const topics = ['example-tills', 'example-sales']
const bucket = 'example-sales'
const connector = 'kafka'

/** Lines of one request. */
const requestLines = 500

/** Makes the topics and the bucket; when new, those that are there are emptied first. */
export async function prepare({ isNew }: { isNew: boolean }): Promise<void> {
  const [kafka, s3] = await Promise.all([useService('kafka'), useService('versitygw')])
  for (const topic of topics) {
    // Its groups forget their offsets with it.
    if (isNew && (await kafka.partitionsOf(topic)) !== undefined) await kafka.deleteTopic(topic)
    await kafka.createTopic(topic, 3)
  }
  await s3.createBucket(bucket)
  if (isNew) for (const key of await keys()) await s3.request({ method: 'DELETE', path: `/${bucket}/${key}` })
}

/**
 * Kafka and an S3 server. The server itself is the client of Kafka, by a bus and a stream that come on top of the wiring:
 * `example-loader` writes what tills write, `example-reader` reads the topic of sales as a group of its own.
 */
export class RealSystems implements Systems {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async write(lines: readonly TillLine[]): Promise<void> {
    const client = this.#client
    const { address } = await useService('kafka')
    await client.buses.put('example-loader', {})
    const options = { bootstrap: address, topic: 'example-tills' }
    const line = { form: 'JSONPATH' as const, value: '$.data.line' }
    const key = { form: 'JSONPATH' as const, value: '$.data.till' }
    await client.rules('example-loader').put('tills', {
      pattern: {},
      targets: [{ id: 'topic', sink: { connector, options }, transform: line, parameters: { key } }],
    })
    for (let from = 0; from < lines.length; from += requestLines) {
      const some = lines.slice(from, from + requestLines)
      const batch = some.map(({ till, line }) => ({ source: '/tills', type: 'line', data: { till, line } }))
      const { failed } = await client.events.publishBatch('example-loader', batch)
      if (failed > 0) throw new Error(`${failed} lines were not accepted`)
    }
  }

  async topic(signal: AbortSignal): Promise<Sale[]> {
    const { buses, streams, events } = this.#client
    const { address } = await useService('kafka')
    await buses.put('example-reader', {})
    const group = `example-reader-${crypto.randomUUID()}`
    const options = { bootstrap: address, topic: 'example-sales', group, start: 'earliest' }
    await streams.put('example-reader', { source: { connector, options }, sink: { bus: 'example-reader' } })
    await until(async () => {
      const { counts, lag } = await streams.status('example-reader')
      return (counts['written'] ?? 0) > 0 && lag?.records === 0
    }, signal)
    const sales: Sale[] = []
    for (let from = 1; ; ) {
      const { items } = await events.list('example-reader', { from, limit: 1_000 })
      if (items.length === 0) return sales
      for (const { event } of items) sales.push((event as { data: { value: Sale } }).data.value)
      from = (items.at(-1)?.position ?? 0) + 1
    }
  }

  async objects(): Promise<{ key: string; bytes: Buffer }[]> {
    const s3 = await useService('versitygw')
    const get = async (key: string) => {
      const { bytes } = await s3.request({ method: 'GET', path: `/${bucket}/${key}` })
      return { key, bytes }
    }
    return await Promise.all((await keys()).map(get))
  }
}

async function keys(): Promise<string[]> {
  const s3 = await useService('versitygw')
  const { body } = await s3.request({ method: 'GET', path: `/${bucket}`, query: { 'list-type': '2' } })
  if (body.includes('<IsTruncated>true'))
    throw new Error(`bucket ${bucket} has more objects than one page tells`)
  return [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
}
