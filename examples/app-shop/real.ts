import { useService } from '@millrace/services'
import type { Row } from './functions/rows.mts'
import type { Store } from './run.ts'
import { tableName } from './table-name.ts'

const columns =
  'id text PRIMARY KEY, type text NOT NULL, state text NOT NULL, reason text NOT NULL, attempts int NOT NULL'

/** The table of notifications in PostgreSQL; when new, without any. */
export async function realStore({ isNew }: { isNew: boolean }): Promise<Store & { ends(): Promise<string> }> {
  const postgres = await useService('postgres')
  const table = tableName(process.env)
  if (isNew) await postgres.query(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${columns})`)
  return {
    async count() {
      return Number(await postgres.query(`SELECT count(*) FROM ${table}`))
    },
    async rows() {
      return JSON.parse(await postgres.query(`SELECT json_agg(row) FROM ${table} row`)) as Row[]
    },
    /** How many came to which end, as a person would ask. */
    ends: () =>
      postgres.query(`SELECT type, state, reason, count(*), count(*) FILTER (WHERE attempts > 1) AS retried
        FROM ${table} GROUP BY type, state, reason ORDER BY type, state DESC`),
  }
}
