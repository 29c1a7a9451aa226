import { join } from 'node:path'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { printed, startExampleServer } from '../../testing.ts'

await describeService('rocketmq', 'from RocketMQ to a function', () => {
  test('each item of an order is packed, and an order without items is not', async () => {
    const rocketmq = await useService('rocketmq')
    await rocketmq.createTopic('example-orders', 'NORMAL')
    await rocketmq.createConsumerGroup('example-packing')
    await using server = await startExampleServer()
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const { client } = server
    const number = crypto.randomUUID()
    const order = (items: string[]) => ({ source: '/shop', type: 'order.placed', data: { number, items } })
    await client.events.publishBatch('shop', [order([' Tea ', 'SUGAR']), order([])])
    const packed = async (): Promise<string[]> =>
      (await printed(client, 'pack')).filter(line => line.includes(number))
    await expect
      .poll(packed, { timeout: 90_000 })
      .toEqual([`packed sugar for order ${number}`, `packed tea for order ${number}`])
  }, 120_000)
})
