import {
  defineAsync,
  defineBus,
  defineFunction,
  defineInstance,
  defineQueue,
  defineStream,
  type SinkSpec,
  type WiringItem,
} from '@millrace/sdk'
import type { WiringContext } from '@millrace/sdk/deploy'
import { shop } from './events.ts'
import { tableName } from './table-name.ts'

const {
  GATEWAY_URL = 'http://127.0.0.1:8480',
  MNS_ENDPOINT = 'http://127.0.0.1:8400',
  MILLRACE_ACCESS_KEY_ID = '',
  MILLRACE_ACCESS_KEY_SECRET = '',
  // Of a user who may read the two queues and no more; without it, the key that the wiring is applied with.
  QUEUES_ACCESS_KEY_ID = MILLRACE_ACCESS_KEY_ID,
  QUEUES_ACCESS_KEY_SECRET = MILLRACE_ACCESS_KEY_SECRET,
  SHOP_FILE = '',
} = process.env

/** A call is done for the rule when it is queued; what comes of it is the business of the function's own retries and destinations. */
const notify = { function: 'notify', invocation: 'async' } as const

/**
 * PostgreSQL as `npm run services` starts it is the store; or, as `--env embedded`, a file of JSON lines. As `--env guarded` each part acts by
 * a role of its own: see the guide to permissions.
 */
export default ({ environment }: WiringContext): WiringItem[] => [
  defineBus('shop'),
  shop.rule('shop', 'carts', 'cart.left', {
    ...roleOf('carts', environment),
    targets: [{ id: 'notify', sink: notify }],
  }),
  shop.rule('shop', 'cheaper', 'price.changed', {
    ...roleOf('cheaper', environment),
    pattern: { data: { percent: [{ numeric: ['<', 0] }] } },
    targets: [{ id: 'notify', sink: notify }],
  }),
  defineFunction('notify', {
    ...roleOf('notify', environment),
    code: 'functions',
    handler: 'notify.handler',
    timeoutMs: 30_000,
    environment: { GATEWAY_URL },
    // It waits for the gateway most of the time.
    instancesMax: 2,
    concurrencyPerInstance: 8,
  }),
  defineAsync('notify', {
    retriesMax: 2,
    onSuccess: { queue: 'notified' },
    onFailure: { queue: 'not-notified' },
  }),
  defineQueue('notified'),
  defineQueue('not-notified'),
  defineQueue('not-stored'),
  defineFunction('rows', { code: 'functions', handler: 'rows.handler', timeoutMs: 30_000, instancesMax: 2 }),
  defineInstance('own-queues', {
    connector: 'mns',
    options: {
      endpoint: MNS_ENDPOINT,
      accessKeyId: QUEUES_ACCESS_KEY_ID,
      accessKeySecret: QUEUES_ACCESS_KEY_SECRET,
    },
  }),
  ...(environment === 'embedded'
    ? streams(environment, { connector: 'file', options: { path: SHOP_FILE } })
    : [
        defineInstance('shop-db', {
          connector: 'postgres',
          options: {
            port: 15_432,
            database: 'millrace',
            username: 'millrace',
            password: 'millrace-on-loopback',
          },
        }),
        ...streams(environment, {
          connector: 'postgres',
          instance: 'shop-db',
          // A message that comes twice sets the same rows again.
          options: { table: tableName(process.env), mode: 'upsert' },
        }),
      ]),
]

/** From each of both queues into the store. */
function streams(environment: string | undefined, sink: SinkSpec): WiringItem[] {
  return ['notified', 'not-notified'].map(queue =>
    defineStream(queue, {
      ...roleOf(queue, environment),
      source: { connector: 'mns', instance: 'own-queues', options: { queue, bodyForm: 'json' } },
      functions: [{ function: 'rows' }],
      transform: { form: 'JSONPATH', value: '$.data' },
      sink,
      batch: { countMax: 64, windowMs: 100 },
      retry: { strategy: 'CUSTOM', retriesMax: 100, delayMsMin: 500, delayMsMax: 30_000 },
      deadLetter: { queue: 'not-stored' },
    }),
  )
}

/** Without a role, a part has the rights of the account. */
function roleOf(part: string, environment: string | undefined): { role?: string } {
  return environment === 'guarded' ? { role: `shop-${part}` } : {}
}
