import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { call, createClients } from './clients.ts'
import { callLater, deploy, deployInService, sendResultsTo, zipOf } from './functions.ts'
import { createBus, createRule, delivery, type Order, placeOf, publish } from './orders.ts'
import { createQueue, takeOne } from './queues.ts'

const { MILLRACE_URL = 'http://127.0.0.1:8400' } = process.env
const { MILLRACE_ACCESS_KEY_ID = '', MILLRACE_ACCESS_KEY_SECRET = '' } = process.env
if (MILLRACE_ACCESS_KEY_ID === '' || MILLRACE_ACCESS_KEY_SECRET === '') {
  console.error('set MILLRACE_ACCESS_KEY_ID and MILLRACE_ACCESS_KEY_SECRET to the key of the server')
  process.exit(2)
}

const bus = 'sdk-orders'
const quote = 'sdk-quote'
const paid = 'sdk-paid'
const quotes = 'sdk-quotes'

/** What the destination of an asynchronous call gets. */
interface Outcome {
  readonly responsePayload: string
}

const { eventBridge, functionCompute, functionCompute2, mns } = createClients({
  url: MILLRACE_URL,
  accessKeyId: MILLRACE_ACCESS_KEY_ID,
  accessKeySecret: MILLRACE_ACCESS_KEY_SECRET,
})

/** Tells one step: with which client, what was done, and what the service answered. */
function tell(client: string, done: string, answer: string | number | undefined): void {
  console.log(`${client.padEnd(21)}  ${done.padEnd(34)}  ${answer}`)
}

// What there must be.
for (const name of [paid, quotes]) tell('@alicloud/mns', `queue ${name}`, await createQueue(mns, name))
const zip = await zipOf(join(import.meta.dirname, 'functions/quote'))
tell('@alicloud/fc20230330', `function ${quote}`, await deploy(functionCompute, quote, zip))
tell('@alicloud/eventbridge', `bus ${bus}`, await createBus(eventBridge, bus))
const { region, account } = await placeOf(eventBridge, bus)
await sendResultsTo(functionCompute, quote, `acs:mns:${region}:${account}:/queues/${quotes}/messages`)
tell('@alicloud/fc20230330', `results of ${quote} to ${quotes}`, 'set')
const functionArn = `acs:fc:${region}:${account}:functions/${quote}`
const queueArn = `acs:mns:${region}:${account}:queues/${paid}`
tell('@alicloud/eventbridge', 'rule paid', await createRule(eventBridge, bus, { functionArn, queueArn }))

// What happens: the rule calls the function and fills a queue, from which a worker has the same function called later.
const run = randomUUID().slice(0, 8)
const orders: Order[] = [1, 2].map(number => ({ order: `${run}-${number}`, price: 12.5, pieces: number }))
tell('@alicloud/eventbridge', `${orders.length} events`, `${await publish(eventBridge, bus, orders)} refused`)
for (const { order } of orders) {
  const status = await delivery(eventBridge, bus, order, functionArn)
  tell('@alicloud/eventbridge', `function called for ${order}`, status)
}
for (const _ of orders) {
  await takeOne(mns, paid, async body => {
    const order = JSON.parse(body) as Order
    const status = await callLater(functionCompute, quote, order)
    tell('@alicloud/fc20230330', `call for ${order.order}, later`, status)
  })
}
for (const _ of orders) {
  await takeOne(mns, quotes, body =>
    tell('@alicloud/mns', 'a quote', (JSON.parse(body) as Outcome).responsePayload),
  )
}

// The same code from a program of the generation before.
tell(
  '@alicloud/fc2',
  'function quote of the service sdk',
  await deployInService(functionCompute2, 'sdk', 'quote', zip),
)
const old = await call(
  functionCompute2,
  'invokeFunction',
  'sdk',
  'quote',
  JSON.stringify({ order: 'old', price: 2, pieces: 3 }),
)
tell('@alicloud/fc2', 'called', JSON.stringify(old.data))
process.exit()
