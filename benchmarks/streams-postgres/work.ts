import { connector } from '@millrace/connector-kafka'
import type { Services } from '@millrace/services'
import { optionsParser, systemClock, systemRandom } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'

/** What each side is asked to do: make a row of every record of a topic. */
export interface Work {
  readonly bootstrap: string
  readonly topic: string
  readonly postgres: Services['postgres']
  readonly table: string
  readonly records: number
}

/** Rows that one statement writes, of whichever side. */
export const batchRows = 1_000
/** Statements that are under way at once, of whichever side. */
export const connections = 4

export interface Order {
  readonly id: number
  readonly customer: { readonly name: string; readonly city: string }
  readonly total: number
  readonly note: string
}

/** One record of half a kilobyte. */
export function orderOf(index: number): Order {
  return {
    id: index,
    customer: { name: `customer ${index % 1_000}`, city: 'Hangzhou' },
    total: index * 0.25,
    note: 'x'.repeat(400),
  }
}

export async function makeTable({ postgres, table }: Work): Promise<void> {
  await postgres.query(`CREATE TABLE ${table} (id bigint, customer text, total numeric, note text)`)
}

/** Rows that arrived. */
export async function countRows({ postgres, table }: Work): Promise<number> {
  return Number(await postgres.query(`SELECT count(*) FROM ${table}`))
}

/** Options of the connector that lead to the server. */
export function reachOf({ address, database, user }: Services['postgres']): Record<string, unknown> {
  const [host, port] = address.split(':')
  return { host, port: Number(port), database, username: user.name, password: user.password }
}

/** Fills a topic, by the connector's own sink. */
export async function fill(
  bootstrap: string,
  topic: string,
  records: number,
  signal: AbortSignal,
): Promise<void> {
  const definition = connector.sink
  if (definition === undefined) throw new Error('the Kafka connector has no sink')
  await using sink = definition.open(optionsParser('kafka', definition.options)({ bootstrap, topic }), {
    clock: systemClock,
    random: systemRandom(systemClock),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'fill',
  })
  for (let start = 0; start < records; start += batchRows) {
    const count = Math.min(batchRows, records - start)
    const batch = Array.from({ length: count }, (_, at) =>
      outgoing(`r${start + at}`, {
        body: Buffer.from(JSON.stringify(orderOf(start + at))),
        parameters: { key: String(start + at) },
      }),
    )
    const failed = (await sink.write(batch, signal)).find(({ status }) => status === 'failed')
    if (failed?.status === 'failed') throw failed.error
  }
}
