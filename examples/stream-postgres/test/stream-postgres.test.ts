import { join } from 'node:path'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'

type Query = (sql: string) => Promise<string>

await describeService('postgres', 'a copy of a table that follows it', () => {
  test('has the rows that were there, and every change since', async () => {
    const postgres = await useService('postgres')
    const query: Query = sql => postgres.query(sql)
    await clear(query)
    await query('CREATE TABLE example_orders (id int PRIMARY KEY, customer text, total numeric)')
    await query('CREATE TABLE example_orders_copy (LIKE example_orders INCLUDING ALL)')
    await query("INSERT INTO example_orders VALUES (1, 'Ann', 10.50), (2, 'Bao', 7)")
    {
      await using server = await startExampleServer()
      await server.millrace('apply', join(import.meta.dirname, '..'))
      const copy = (): Promise<string> => query('SELECT * FROM example_orders_copy ORDER BY id')
      await expect.poll(copy, { timeout: 25_000 }).toContain('2|Bao|7')
      await query('INSERT INTO example_orders VALUES (3, NULL, 12345678901234567890.12)')
      await query('UPDATE example_orders SET total = total + 1 WHERE id = 1')
      await query('DELETE FROM example_orders WHERE id = 2')
      await expect
        .poll(async () => (await copy()).trim().split('\n'), { timeout: 25_000 })
        .toEqual(['1|Ann|11.5', '3||12345678901234567890.12'])
    }
    await clear(query)
  })
})

/** Removes what the example makes, its slot and publication too. */
async function clear(query: Query): Promise<void> {
  await query('DROP TABLE IF EXISTS example_orders, example_orders_copy')
  const named = "LIKE 'millrace_copy_orders%'"
  await query(
    `SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name ${named} AND active`,
  )
  await query(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name ${named}`)
  const publications = await query(`SELECT pubname FROM pg_publication WHERE pubname ${named}`)
  for (const name of publications.split('\n').filter(Boolean)) await query(`DROP PUBLICATION ${name}`)
}
