import {
  defineCatalogue,
  defineFunction,
  defineInstance,
  defineQueue,
  defineStream,
  type SinkSpec,
  type SourceSpec,
  type WiringItem,
} from '@millrace/sdk'
import type { WiringContext } from '@millrace/sdk/deploy'
import { z } from 'zod'

/** What the wiring looks at of a message. A `heartbeat` says that a shop is there; all else is as people typed it. */
const message = z.object({ kind: z.enum(['customer', 'heartbeat']), id: z.string() })

const messages = defineCatalogue({
  'amqp:Queue:SendMessage': z.object({ body: message }),
  'mns:Queue:SendMessage': z.object({ messageBody: message }),
})

/** How both streams cleanse and write. */
const cleansing = {
  functions: [{ function: 'cleanse' }],
  transform: { form: 'JSONPATH' as const, value: '$.data' as const },
  batch: { countMax: 200, windowMs: 200 },
  // `CUSTOM` listens to the sink: a row that the table refuses is not tried again, a table that is away is.
  retry: { strategy: 'CUSTOM' as const, retriesMax: 100, delayMsMin: 500, delayMsMax: 30_000 },
}

/** RabbitMQ and PostgreSQL, as `npm run services` starts them; or, as `--env embedded`, what needs nothing else. */
export default ({ environment }: WiringContext): WiringItem[] => [
  defineFunction('cleanse', { code: 'functions/cleanse', handler: 'index.handler', timeoutMs: 10_000 }),
  defineQueue('customers-refused'),
  ...(environment === 'embedded' ? embedded() : real()),
]

function real(): WiringItem[] {
  const user = { username: 'millrace', password: 'millrace-on-loopback' }
  const queue = (name: string) => ({ connector: 'rabbitmq', instance: 'shops-mq', options: { queue: name } })
  // A message may come twice: the second one sets the same row again.
  const table = {
    connector: 'postgres',
    instance: 'crm-db',
    options: { table: 'example_customers', mode: 'upsert' },
  }
  return [
    defineInstance('shops-mq', { connector: 'rabbitmq', options: { endpoint: '127.0.0.1:15673', ...user } }),
    defineInstance('crm-db', {
      connector: 'postgres',
      options: { host: '127.0.0.1', port: 15_432, database: 'millrace', ...user },
    }),
    messages.stream('customers', 'amqp:Queue:SendMessage', {
      ...cleansing,
      source: queue('example-customers'),
      pattern: { data: { body: { kind: ['customer'] } } },
      sink: table,
      deadLetter: queue('example-customers-held'),
    }),
    redrive(queue('example-customers-held'), table),
  ]
}

/** Queues of the server itself, read as those of the cloud are, and a table behind an HTTP address. */
function embedded(): WiringItem[] {
  const { MNS_ENDPOINT, MILLRACE_ACCESS_KEY_ID, MILLRACE_ACCESS_KEY_SECRET, CUSTOMERS_URL } = process.env
  const queue = (name: string) => ({
    connector: 'mns',
    instance: 'shops-mq',
    options: { queue: name, bodyForm: 'json' },
  })
  const table = { connector: 'http', options: { url: CUSTOMERS_URL } }
  return [
    defineInstance('shops-mq', {
      connector: 'mns',
      options: {
        endpoint: MNS_ENDPOINT,
        accessKeyId: MILLRACE_ACCESS_KEY_ID,
        accessKeySecret: MILLRACE_ACCESS_KEY_SECRET,
      },
    }),
    defineQueue('example-customers'),
    defineQueue('example-customers-held'),
    messages.stream('customers', 'mns:Queue:SendMessage', {
      ...cleansing,
      source: queue('example-customers'),
      pattern: { data: { messageBody: { kind: ['customer'] } } },
      sink: table,
      deadLetter: { queue: 'example-customers-held' },
    }),
    redrive(queue('example-customers-held'), table),
  ]
}

/** Paused until the cause is mended. What is refused once more is final, so that no message goes round for ever. */
function redrive(held: SourceSpec, table: SinkSpec): WiringItem {
  return defineStream('redrive', {
    ...cleansing,
    source: held,
    sink: table,
    deadLetter: { queue: 'customers-refused' },
    paused: true,
  })
}
