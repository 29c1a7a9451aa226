import {
  defineAsync,
  defineBus,
  defineCatalogue,
  defineFunction,
  defineInstance,
  defineLayer,
  defineQueue,
  defineStream,
  type TargetSpec,
  type WiringItem,
} from '@millrace/sdk'
import type { WiringContext } from '@millrace/sdk/deploy'
import { z } from 'zod'

export const name = 'app-terraform'

/** A new object as the connector `oss`, or object storage itself, tells of it. */
const upload = z.object({
  oss: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
})

const uploads = defineCatalogue({
  'oss:ObjectCreated:PutObject': upload,
  'oss:ObjectCreated:PostObject': upload,
  'oss:ObjectCreated:CompleteMultipartUpload': upload,
})

/** What came of an asynchronous call. */
const runs = defineCatalogue({
  'fc:AsyncInvoke:succeeded': z.object({ responsePayload: z.string() }),
  'fc:AsyncInvoke:failed': z.object({
    requestContext: z.object({ approximateInvokeCount: z.number() }),
    responsePayload: z.string(),
  }),
})

const {
  // A folder with `bin/terraform`, which is Terraform or OpenTofu. Without it the function runs the program of the machine.
  TERRAFORM_LAYER,
  TERRAFORM = '/usr/local/bin/terraform',
  STORE_URL = 'http://127.0.0.1:19871',
  STATE_URL,
  DESK_URL = 'http://127.0.0.1:8480/changes',
  DESK_TOKEN = 'desk-token-on-loopback',
  NOTIFY_TOKEN = 'notify-token-on-loopback',
} = process.env

const bucket = 'example-stacks'
const region = 'us-east-1'
const keys = { id: 'millrace', secret: 'millrace-on-loopback' }

/** The desk hears of each run until it has taken it: for a day, and then the report waits in a queue. */
const desk = {
  id: 'desk',
  sink: { connector: 'http', instance: 'change-desk' },
  retry: { strategy: 'CUSTOM', retriesMax: 1_000, ageMsMax: 86_400_000, delayMsMin: 500, delayMsMax: 60_000 },
  deadLetter: { queue: 'unreported' },
} satisfies TargetSpec

/** Object storage as `npm run services` starts it; with `--env embedded`, events that somebody publishes. */
export default ({ environment }: WiringContext): WiringItem[] => [
  defineBus('uploads'),
  uploads.rule(
    'uploads',
    'stacks',
    [
      'oss:ObjectCreated:PutObject',
      'oss:ObjectCreated:PostObject',
      'oss:ObjectCreated:CompleteMultipartUpload',
    ],
    {
      pattern: { data: { oss: { bucket: { name: [bucket] }, object: { key: [{ suffix: '.tf' }] } } } },
      targets: [{ id: 'terraform', sink: { function: 'terraform', invocation: 'async' } }],
    },
  ),
  ...(TERRAFORM_LAYER === undefined ? [] : [defineLayer('terraform', { code: TERRAFORM_LAYER })]),
  defineFunction('terraform', {
    code: 'functions/terraform',
    handler: 'index.handler',
    ...(TERRAFORM_LAYER === undefined ? {} : { layers: ['terraform'] }),
    timeoutMs: 600_000,
    memoryMiB: 1_024,
    cpu: 1,
    // One run at a time: the lock of a state is worth as much as the storage, and not all of them write on a condition.
    instancesMax: 1,
    environment: {
      ...(TERRAFORM_LAYER === undefined ? { TERRAFORM } : {}),
      STORE_URL,
      STORE_REGION: region,
      STORE_KEY_ID: keys.id,
      STORE_KEY_SECRET: keys.secret,
      STATE_BUCKET: `${bucket}-states`,
      ...(STATE_URL === undefined ? {} : { STATE_URL }),
    },
  }),
  defineAsync('terraform', { retriesMax: 2, onSuccess: { bus: 'runs' }, onFailure: { bus: 'runs' } }),
  defineBus('runs'),
  defineQueue('unreported'),
  defineInstance('change-desk', {
    connector: 'http',
    options: { url: DESK_URL, auth: { type: 'bearer', token: DESK_TOKEN } },
  }),
  runs.rule('runs', 'report', 'fc:AsyncInvoke:succeeded', {
    targets: [{ ...desk, transform: { form: 'JSONPATH', value: '$.data.responsePayload' } }],
  }),
  runs.rule('runs', 'report-trouble', 'fc:AsyncInvoke:failed', {
    targets: [
      {
        ...desk,
        transform: {
          form: 'TEMPLATE',
          value: {
            attempts: '$.data.requestContext.approximateInvokeCount',
            reason: '$.data.responsePayload',
          },
          template: '{"verdict":"gave up","attempts":${attempts},"reason":"${jsonEscape(reason)}"}',
        },
      },
    ],
  }),
  ...(environment === 'embedded' ? [] : objectStorage()),
]

function objectStorage(): WiringItem[] {
  return [
    defineInstance('stacks', {
      connector: 'oss',
      options: { endpoint: STORE_URL, region, accessKeyId: keys.id, accessKeySecret: keys.secret },
    }),
    defineStream('uploads', {
      source: {
        connector: 'oss',
        instance: 'stacks',
        options: { mode: 'webhook', bucket, token: NOTIFY_TOKEN, keysEscaped: false },
      },
      sink: { bus: 'uploads' },
    }),
  ]
}
