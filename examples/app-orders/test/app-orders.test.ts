import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeService } from '@millrace/services/vitest'
import { expect, test, vi } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { ordersUntil } from '../load.ts'
import { rocketmqShop } from '../real.ts'
import { run } from '../run.ts'

const load = [
  { forMs: 1_000, perSecond: 3 },
  { forMs: 2_000, perSecond: 40 },
  { forMs: 1_500, perSecond: 40 },
  { forMs: 1_000, perSecond: 3 },
  { forMs: 1_000, perSecond: 3 },
]

await describeService('rocketmq', 'orders of RocketMQ with a peak', () => {
  test('each is cleaned or refused with a reason, and instances come with the peak and go with it', async () => {
    const topic = `example-peaks-${crypto.randomUUID()}`
    vi.stubEnv('ORDERS_TOPIC', topic)
    await using server = await startExampleServer()
    await using shop = await rocketmqShop(topic)
    const folder = await mkdtemp(join(tmpdir(), 'millrace-orders-'))
    const signal = AbortSignal.timeout(50_000)
    const result = await run({ server, folder, signal, say: () => {} }, { load, send: shop.send })
    vi.unstubAllEnvs()

    const placed = ordersUntil(load, 6_500)
    expect(result.headline).toMatch(new RegExp(`^${placed} orders: .* 0 lost`))
    expect(await readFile(join(folder, 'orders.svg'), 'utf8')).toContain('instances of the function')
    await rm(folder, { recursive: true })
  })
})
