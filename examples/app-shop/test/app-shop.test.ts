import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { realStore } from '../real.ts'
import { run } from '../run.ts'

await describeService('postgres', 'notifications of a shop', () => {
  test('of a burst each is a row of the table once, with the end that it must have', async () => {
    await using server = await startExampleServer()
    const store = await realStore({ isNew: true })
    const signal = AbortSignal.timeout(55_000)
    const { headline, lines = [] } = await run({ server, folder: '', signal, say: () => {} }, store, 2_000)

    expect(headline).toMatch(
      /^2000 notifications of 124 events in [\d.]+ s: 1857 sent, 38 refused, 105 failed, 0 unaccounted$/,
    )
    expect(lines.slice(0, 4).map(line => line.trim().split(/ {2,}/))).toEqual([
      ['accepted', 'sent', 'refused', 'failed', 'retried', 'stored', 'unaccounted'],
      ['cart.left', '100', '93', '2', '5', '25', '100', '0'],
      ['price.changed', '1900', '1764', '36', '100', '500', '1900', '0'],
      ['in all', '2000', '1857', '38', '105', '525', '2000', '0'],
    ])
    expect(await store.ends()).toContain('price.changed|failed|the gateway of nz answers 502|')
    const { counts } = await server.client.streams.status('not-notified')
    expect(counts['dead-lettered'] ?? 0).toBe(0)
    expect(await server.client.queues.status('not-stored')).toMatchObject({ active: 0, inactive: 0 })
  }, 60_000)
})
