import { join } from 'node:path'
import { describeServices } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer, until } from '../../testing.ts'
import type { Sale } from '../functions/sale.mts'
import { prepare, RealSystems } from '../real.ts'
import { opened } from '../run.ts'
import { tillLines } from '../tills.ts'

await describeServices(['kafka', 'versitygw'], 'sales of tills whose server is killed', () => {
  test('are all in the topic and in the archive when it is back, and one that is there twice is the same', async () => {
    await prepare({ isNew: true })
    await using server = await startExampleServer()
    const systems = new RealSystems(server.client)
    const signal = AbortSignal.timeout(170_000)
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const lines = tillLines(3_000)
    const sold = byId(lines.map(({ sale }) => sale).filter(sale => sale !== undefined))
    const archived = async (): Promise<Map<string, Sale>> =>
      byId((await systems.objects()).flatMap(object => opened(object).sales))
    await systems.write(lines)
    const { streams } = server.client
    await until(async () => ((await streams.status('convert')).counts['written'] ?? 0) > 0, signal)
    await server.crash()

    // Otherwise the kill came too late to prove anything.
    expect((await archived()).size).toBeLessThan(sold.size)
    // The broker waits for the killed reader of a group until its session is over.
    await until(async () => (await archived()).size === sold.size, signal)
    expect(await archived()).toEqual(sold)
    expect(byId(await systems.topic(signal))).toEqual(sold)
  }, 180_000)
})

/** Throws when two of one id are not the same. */
function byId(sales: readonly Sale[]): Map<string, Sale> {
  const found = new Map<string, Sale>()
  for (const sale of sales) {
    expect(found.get(sale.id) ?? sale).toEqual(sale)
    found.set(sale.id, sale)
  }
  return found
}
