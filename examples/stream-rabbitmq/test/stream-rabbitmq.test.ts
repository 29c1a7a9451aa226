import { join } from 'node:path'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { connect } from 'amqplib'
import { expect, test } from 'vitest'
import { printed, startExampleServer } from '../../testing.ts'

await describeService('rabbitmq', 'from RabbitMQ to a bus', () => {
  test('express parcels are shipped, and all are events of the bus', async () => {
    const { url } = await useService('rabbitmq')
    const model = await connect(url)
    const channel = await model.createConfirmChannel()
    await channel.assertQueue('example-parcels', { durable: true })
    await channel.purgeQueue('example-parcels')
    await using server = await startExampleServer()
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const { client } = server
    for (const [parcel, express] of [
      ['a', true],
      ['b', false],
      ['c', true],
    ] as const) {
      const body = JSON.stringify({ parcel, to: 'Hangzhou', express })
      channel.sendToQueue('example-parcels', Buffer.from(body), { messageId: parcel, persistent: true })
    }
    await channel.waitForConfirms()
    await expect
      .poll(() => printed(client, 'ship'), { timeout: 60_000 })
      .toEqual(['parcel a goes to Hangzhou at once', 'parcel c goes to Hangzhou at once'])
    const { counts } = await client.streams.status('parcels')
    expect(counts['written']).toBe(3)
    await channel.deleteQueue('example-parcels')
    await model.close()
  })
})
