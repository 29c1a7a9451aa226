import {
  defineAsync,
  defineBus,
  defineCatalogue,
  defineFunction,
  defineInstance,
  defineQueue,
  defineStream,
  type WiringItem,
} from '@millrace/sdk'
import type { WiringContext } from '@millrace/sdk/deploy'
import { z } from 'zod'

export const name = 'app-cluster'

/** A new object as the connector `oss`, or object storage itself, tells of it. */
const upload = z.object({
  oss: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string(), size: z.number() }),
  }),
})

const uploads = defineCatalogue({
  'oss:ObjectCreated:PutObject': upload,
  'oss:ObjectCreated:CompleteMultipartUpload': upload,
})

const {
  STORE_URL = 'http://127.0.0.1:19871',
  NOTIFY_TOKEN = 'notify-token-on-loopback',
  CLUSTER_URL = 'http://127.0.0.1:8481',
  CLUSTER_TOKEN = 'service-account-on-loopback',
  CLUSTER_AUTHORITY,
} = process.env

const bucket = 'example-videos'

/** Object storage as `npm run services` starts it; with `--env embedded`, events that somebody publishes. */
export default ({ environment }: WiringContext): WiringItem[] => [
  defineBus('videos'),
  uploads.rule(
    'videos',
    'incoming',
    ['oss:ObjectCreated:PutObject', 'oss:ObjectCreated:CompleteMultipartUpload'],
    {
      pattern: { data: { oss: { bucket: { name: [bucket] }, object: { key: [{ prefix: 'incoming/' }] } } } },
      targets: [{ id: 'scale', sink: { function: 'scale', invocation: 'async' } }],
    },
  ),
  defineFunction('scale', {
    code: 'functions/scale',
    handler: 'index.handler',
    timeoutMs: 330_000,
    // It waits for the cluster nearly all of the time.
    concurrencyPerInstance: 16,
    environment: {
      CLUSTER_URL,
      CLUSTER_TOKEN,
      ...(CLUSTER_AUTHORITY === undefined ? {} : { CLUSTER_AUTHORITY }),
      NAMESPACE: 'media',
      DEPLOYMENT: 'transcoder',
      BYTES_PER_REPLICA: '1000',
      REPLICAS_MAX: '8',
      ROLLOUT_MS_MAX: '300000',
    },
  }),
  defineAsync('scale', {
    retriesMax: 1,
    onSuccess: { queue: 'scalings' },
    onFailure: { queue: 'scaling-failures' },
  }),
  defineQueue('scalings'),
  defineQueue('scaling-failures'),
  ...(environment === 'embedded' ? [] : objectStorage()),
]

function objectStorage(): WiringItem[] {
  return [
    defineInstance('videos', {
      connector: 'oss',
      options: { endpoint: STORE_URL, accessKeyId: 'millrace', accessKeySecret: 'millrace-on-loopback' },
    }),
    defineStream('videos', {
      source: {
        connector: 'oss',
        instance: 'videos',
        options: { mode: 'webhook', bucket, token: NOTIFY_TOKEN, keysEscaped: false },
      },
      sink: { bus: 'videos' },
    }),
  ]
}
