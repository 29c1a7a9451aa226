import { useService } from '@millrace/services'

// The topic of the example. Brokers of this repository create none by use, as most clusters do not.
const kafka = await useService('kafka')
await kafka.createTopic('example-orders', 3)
console.log(`topic example-orders is there: ${kafka.address}`)
process.exit()
