import pg from 'pg'
import { batchRows, connections, orderOf, type Work } from './work.ts'

/** Inserts the rows by the driver alone, from memory: batches of as many rows, on as many connections. Milliseconds. */
export async function runRaw({ postgres, table, records }: Work): Promise<number> {
  const clients = Array.from({ length: connections }, () => new pg.Client(postgres.url))
  await Promise.all(clients.map(client => client.connect()))
  try {
    const startedAtMs = performance.now()
    let next = 0
    const insert = async (client: pg.Client): Promise<void> => {
      while (next < records) {
        const start = next
        next += batchRows
        await client.query(statement(table), columnsOf(start, Math.min(batchRows, records - start)))
      }
    }
    await Promise.all(clients.map(insert))
    return performance.now() - startedAtMs
  } finally {
    await Promise.all(clients.map(client => client.end()))
  }
}

function statement(table: string): string {
  return `INSERT INTO ${table} (id, customer, total, note) SELECT * FROM unnest($1::bigint[], $2::text[], $3::numeric[], $4::text[])`
}

function columnsOf(start: number, count: number): unknown[][] {
  const orders = Array.from({ length: count }, (_, at) => orderOf(start + at))
  return [
    orders.map(({ id }) => id),
    orders.map(({ customer }) => customer.name),
    orders.map(({ total }) => total),
    orders.map(({ note }) => note),
  ]
}
