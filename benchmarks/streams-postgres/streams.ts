import { setTimeout as pause } from 'node:timers/promises'
import type { Millrace } from '../millrace.ts'
import { batchRows, connections, reachOf, type Work } from './work.ts'

/** Makes a row of an order, in user code. */
const source = `exports.handler = async events => JSON.parse(events).map(event => {
  const { id, customer, total, note } = event.data.value
  return { ...event, data: { id, customer: customer.name, total, note } }
})
`

export async function deployFunction({ client }: Millrace): Promise<void> {
  const code = await client.uploadCode(new Map([['index.js', Buffer.from(source)]]))
  await client.functions.put('row', {
    runtime: 'nodejs24',
    handler: 'index.handler',
    code,
    timeoutMs: 60_000,
  })
}

/** The same row, made by a template. */
const template = {
  form: 'TEMPLATE',
  value: {
    id: '$.data.value.id',
    customer: '$.data.value.customer.name',
    total: '$.data.value.total',
    note: '$.data.value.note',
  },
  template: '{"id":${id},"customer":"${jsonEscape(customer)}","total":${total},"note":"${jsonEscape(note)}"}',
} as const

/** Kafka → function or template → table; milliseconds from the first record to the last commit. */
export async function runStream(
  { client }: Millrace,
  work: Work,
  way: 'function' | 'template',
  signal: AbortSignal,
): Promise<number> {
  const { bootstrap, topic, postgres, table, records } = work
  await client.streams.put(table, {
    source: { connector: 'kafka', options: { bootstrap, topic, group: table, start: 'earliest' } },
    functions: way === 'function' ? [{ function: 'row' }] : [],
    transform: way === 'function' ? { form: 'JSONPATH', value: '$.data' } : template,
    sink: { connector: 'postgres', options: { ...reachOf(postgres), table, poolSize: connections } },
    batch: { countMax: batchRows },
  })
  let startedAtMs = 0
  for (;;) {
    const { counts } = await client.streams.status(table)
    const { read = 0, written = 0 } = counts
    if (read > 0 && startedAtMs === 0) startedAtMs = performance.now()
    if (written >= records) {
      const ms = performance.now() - startedAtMs
      await client.streams.delete(table)
      return ms
    }
    await pause(100, undefined, { signal })
  }
}

export interface ChangesFigures {
  readonly ms: number
  /** Resident memory of the server after a tenth of the changes, at the end, and the most in between. */
  readonly early: number
  readonly late: number
  readonly most: number
}

/** Every change of one transaction of so many rows, into another table, with a look at the server's memory. */
export async function runChanges(
  { client, server }: Millrace,
  { postgres, table }: Pick<Work, 'postgres' | 'table'>,
  rows: number,
  signal: AbortSignal,
): Promise<ChangesFigures> {
  await postgres.query(
    `CREATE TABLE ${table} (id bigint PRIMARY KEY, customer text, total numeric, note text)`,
  )
  await postgres.query(`CREATE TABLE ${table}_copy (LIKE ${table} INCLUDING ALL)`)
  await postgres.query(`CREATE PUBLICATION ${table} FOR TABLE ${table}`)
  await postgres.query(`SELECT pg_create_logical_replication_slot('${table}', 'pgoutput')`)
  await postgres.query(
    `INSERT INTO ${table} SELECT n, 'customer ' || n % 1000, n * 0.25, repeat('x', 100) FROM generate_series(1, ${rows}) n`,
  )
  const reach = reachOf(postgres)
  await client.streams.put(table, {
    source: { connector: 'postgres', options: { ...reach, slot: table, publication: table } },
    transform: { form: 'JSONPATH', value: '$.data.after' },
    sink: { connector: 'postgres', options: { ...reach, table: `${table}_copy`, mode: 'upsert' } },
    batch: { countMax: batchRows },
  })
  let startedAtMs = 0
  let early = 0
  let most = 0
  for (;;) {
    const { counts } = await client.streams.status(table)
    const { read = 0, written = 0 } = counts
    if (read > 0 && startedAtMs === 0) startedAtMs = performance.now()
    const resident = server.residentBytes()
    if (early === 0 && written >= rows / 10) early = resident
    if (early > 0) most = Math.max(most, resident)
    if (written >= rows) {
      const ms = performance.now() - startedAtMs
      await client.streams.delete(table)
      return { ms, early, late: resident, most }
    }
    await pause(100, undefined, { signal })
  }
}
