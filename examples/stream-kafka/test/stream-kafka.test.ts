import { join } from 'node:path'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { printed, startExampleServer } from '../../testing.ts'

await describeService('kafka', 'from Kafka to a function', () => {
  test('paid orders are billed, others are not, and one that cannot be is in the queue', async () => {
    const kafka = await useService('kafka')
    await kafka.createTopic('example-orders', 3)
    await using server = await startExampleServer()
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const { client } = server
    const customer = `c-${crypto.randomUUID()}`
    const order = (total: unknown, paid: boolean) => ({
      source: '/shop',
      type: 'order.placed',
      data: { customer, total, paid },
    })
    await client.events.publishBatch('shop', [order(12.5, true), order(3, false), order(7, true)])
    const billed = async (): Promise<string[]> =>
      (await printed(client, 'bill')).filter(line => line.includes(customer))
    await expect
      .poll(billed, { timeout: 60_000 })
      .toEqual([`billed ${customer}: 12.50`, `billed ${customer}: 7.00`])
    const { counts } = await client.streams.status('orders')
    expect(counts['filtered']).toBeGreaterThan(0)
  })
})
