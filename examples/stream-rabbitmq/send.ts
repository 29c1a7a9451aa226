import { useService } from '@millrace/services'
import { connect } from 'amqplib'

// Makes the queue of the example, and sends as many parcels as its argument says; every second one is express.
const { url } = await useService('rabbitmq')
const model = await connect(url)
const channel = await model.createConfirmChannel()
await channel.assertQueue('example-parcels', { durable: true })
const count = Number(process.argv[2] ?? 0)
for (let number = 1; number <= count; number++) {
  const parcel = { parcel: number, to: 'Hangzhou', express: number % 2 === 0 }
  channel.sendToQueue('example-parcels', Buffer.from(JSON.stringify(parcel)), {
    contentType: 'application/json',
    messageId: crypto.randomUUID(),
    persistent: true,
  })
}
await channel.waitForConfirms()
await model.close()
console.log(`queue example-parcels is there, ${count} parcels sent`)
process.exit()
