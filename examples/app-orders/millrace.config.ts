import {
  defineBus,
  defineCatalogue,
  defineFunction,
  defineInstance,
  defineQueue,
  defineStream,
  type SourceSpec,
  type WiringItem,
} from '@millrace/sdk'
import type { WiringContext } from '@millrace/sdk/deploy'
import { z } from 'zod'

/** What the function makes of messages. */
const orders = defineCatalogue({
  'order.cleaned': z.object({
    number: z.string(),
    placedAtMs: z.number(),
    endedAtMs: z.number(),
    items: z.array(z.object({ sku: z.string(), count: z.number() })),
  }),
  'order.refused': z.object({ number: z.string(), reason: z.string(), endedAtMs: z.number() }),
})

/** RocketMQ as `npm run services` starts it; or, as `--env embedded`, a queue of the server itself. */
export default ({ environment }: WiringContext): WiringItem[] => [
  // An order that comes twice, as it may after a crash, is an event once.
  defineBus('orders', { dedupWindowMs: 3_600_000 }),
  defineQueue('orders-refused'),
  orders.rule('orders', 'refused', 'order.refused', {
    targets: [{ id: 'queue', sink: { queue: 'orders-refused' } }],
  }),
  defineFunction('clean', {
    code: 'functions/clean',
    handler: 'index.handler',
    environment: { STOCK_MS: '200' },
    memoryMiB: 128,
    timeoutMs: 10_000,
    // One batch at a time in each, so there are as many instances as batches under way, and they go soon after.
    concurrencyPerInstance: 1,
    instancesMax: 12,
    idleMs: 1_500,
  }),
  ...(environment === 'embedded' ? embedded() : rocketmq()),
]

/** A batch is what waits when one of twelve places is free: single orders when few come, four when many do. */
function stream(source: SourceSpec): WiringItem {
  return defineStream('orders', {
    source,
    functions: [{ function: 'clean' }],
    sink: { bus: 'orders' },
    batch: { countMax: 4 },
    concurrencyMax: 12,
    deadLetter: { queue: 'orders-refused' },
  })
}

function rocketmq(): WiringItem[] {
  const { ORDERS_TOPIC: topic = 'example-peaks' } = process.env
  return [
    defineInstance('orders-mq', { connector: 'rocketmq', options: { endpoints: ['127.0.0.1:19772'] } }),
    stream({ connector: 'rocketmq', instance: 'orders-mq', options: { topic, group: topic } }),
  ]
}

function embedded(): WiringItem[] {
  const { MNS_ENDPOINT, MILLRACE_ACCESS_KEY_ID, MILLRACE_ACCESS_KEY_SECRET } = process.env
  return [
    defineQueue('example-peaks'),
    defineInstance('orders-mq', {
      connector: 'mns',
      options: {
        endpoint: MNS_ENDPOINT,
        accessKeyId: MILLRACE_ACCESS_KEY_ID,
        accessKeySecret: MILLRACE_ACCESS_KEY_SECRET,
      },
    }),
    stream({
      connector: 'mns',
      instance: 'orders-mq',
      options: { queue: 'example-peaks', bodyForm: 'json' },
    }),
  ]
}
