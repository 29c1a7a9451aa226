import { useService } from '@millrace/services'

// Topic and consumer group of the example. The group reads from the beginning of what is sent from now on.
const rocketmq = await useService('rocketmq')
await rocketmq.createTopic('example-orders', 'NORMAL')
await rocketmq.createConsumerGroup('example-packing')
console.log(`topic example-orders and group example-packing are there: ${rocketmq.address}`)
process.exit()
