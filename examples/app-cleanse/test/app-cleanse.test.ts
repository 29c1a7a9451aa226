import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useService } from '@millrace/services'
import { describeServices } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { realSystems } from '../real.ts'
import { run } from '../run.ts'

await describeServices(['rabbitmq', 'postgres'], 'messages of shops, cleansed into a table', () => {
  test('each becomes exactly one row, some after the table was mended, or is refused with the reason', async () => {
    await using server = await startExampleServer()
    await using systems = await realSystems({ isNew: true })
    const folder = await mkdtemp(join(tmpdir(), 'millrace-cleanse-'))
    const signal = AbortSignal.timeout(50_000)
    const result = await run({ server, folder, signal, say: () => {} }, systems)

    expect(result.headline).toBe(
      '580 messages: 300 rows (100 by redrive, 50 sent twice), 210 refused with a reason, 20 passed over, 0 lost',
    )
    const refusals = JSON.parse(await readFile(join(folder, 'refused.json'), 'utf8')) as { reason: string }[]
    const counts: Record<string, number> = {}
    for (const { reason } of refusals) {
      const [told = reason] = /[a-z_]+, SQLSTATE \w+/.exec(reason) ?? []
      counts[told] = (counts[told] ?? 0) + 1
    }
    expect(counts).toEqual({
      'email, SQLSTATE 23502': 50,
      'born, SQLSTATE 22008': 50,
      'credit, SQLSTATE 22P02': 50,
      'example_customers_credit_check, SQLSTATE 23514': 50,
      'record.malformed': 10,
    })
    const postgres = await useService('postgres')
    const row = (id: string): Promise<string> =>
      postgres.query(
        `SELECT name, email, phone, country, credit, born FROM example_customers WHERE id = '${id}'`,
      )
    expect((await row('c-0001')).trim()).toBe('Ada Lovelace|ada@example.com|+44207946|GB|1234.50|1815-12-10')
    expect((await row('c-0004')).trim()).toBe('Ada Lovelace|ada@example.com|+44207946|NZ|100.00|1815-12-10')
    await rm(folder, { recursive: true })
  })
})
