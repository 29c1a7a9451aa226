import {
  defineCatalogue,
  defineFunction,
  defineInstance,
  defineQueue,
  type SourceSpec,
  type WiringItem,
} from '@millrace/sdk'
import type { WiringContext } from '@millrace/sdk/deploy'
import { z } from 'zod'

/** Tills write `sale` and `drawer`; only the first is wanted. */
const tillRecord = z.object({ kind: z.enum(['sale', 'drawer']) })
const sale = z.object({ id: z.string(), hour: z.string() })

const tills = defineCatalogue({
  'alikafka:Topic:Message': z.object({ key: z.string(), value: tillRecord }),
  'file:Line': tillRecord,
})
const sales = defineCatalogue({
  'alikafka:Topic:Message': z.object({ key: z.string(), value: sale }),
  'file:Line': sale,
})

const { SALES_FOLDER = '', BUCKET_URL = 'http://127.0.0.1:19871' } = process.env

/** Kafka and an S3 server as `npm run services` starts them; or, as `--env embedded`, files and what the run brings. */
export default ({ environment }: WiringContext): WiringItem[] => [
  defineFunction('convert', { code: 'functions', handler: 'index.handler', timeoutMs: 10_000 }),
  defineQueue('unreadable'),
  defineInstance('archive', {
    connector: 'oss',
    options: { endpoint: BUCKET_URL, accessKeyId: 'millrace', accessKeySecret: 'millrace-on-loopback' },
  }),
  ...(environment === 'embedded' ? files() : topics()),
]

/** Both streams read a partition in its order; what a till has sold stays in one, since its key stays. */
function topics(): WiringItem[] {
  const topic = (name: string, group: string): SourceSpec => ({
    connector: 'kafka',
    instance: 'shops-kafka',
    options: { topic: name, group, start: 'earliest' },
  })
  return [
    defineInstance('shops-kafka', { connector: 'kafka', options: { bootstrap: '127.0.0.1:19092' } }),
    tills.stream('convert', 'alikafka:Topic:Message', {
      source: topic('example-tills', 'example-convert'),
      pattern: { data: { value: { kind: ['sale'] } } },
      ...conversion,
      transform: { form: 'JSONPATH', value: '$.data.value' },
      parameters: { key: { form: 'JSONPATH', value: '$.data.key' } },
      sink: { connector: 'kafka', instance: 'shops-kafka', options: { topic: 'example-sales' } },
    }),
    // A group of its own: while the bucket is away, the topic is written all the same, and the archive catches up.
    sales.stream('archive', 'alikafka:Topic:Message', {
      source: topic('example-sales', 'example-archive'),
      transform: { form: 'JSONPATH', value: '$.data.value' },
      parameters: { path: hourly('$.data.value.hour') },
      ...archive,
    }),
  ]
}

function files(): WiringItem[] {
  const lines = (name: string): SourceSpec => ({
    connector: 'file',
    options: { paths: [`${SALES_FOLDER}/${name}`] },
  })
  return [
    tills.stream('convert', 'file:Line', {
      source: lines('tills.jsonl'),
      pattern: { data: { kind: ['sale'] } },
      ...conversion,
      transform: { form: 'JSONPATH', value: '$.data' },
      sink: { connector: 'file', options: { path: `${SALES_FOLDER}/sales.jsonl` } },
    }),
    sales.stream('archive', 'file:Line', {
      source: lines('sales.jsonl'),
      transform: { form: 'JSONPATH', value: '$.data' },
      parameters: { path: hourly('$.data.hour') },
      ...archive,
    }),
  ]
}

/** A record that is no JSON lies in the queue; everything else is tried until it is written. */
const conversion = {
  functions: [{ function: 'convert' }],
  batch: { countMax: 500, windowMs: 100 },
  retry: { strategy: 'CUSTOM' as const, retriesMax: 1_000, delayMsMin: 500, delayMsMax: 60_000 },
  deadLetter: { queue: 'unreadable' },
}

/** Each batch is one compressed object in the folder of each hour that it has sales of. */
const archive = {
  sink: {
    connector: 'oss',
    instance: 'archive',
    options: { bucket: 'example-sales', compression: 'gzip' },
  },
  // How long a sale waits for its object at most: make it minutes where sales are many, so that objects are few.
  batch: { countMax: 10_000, windowMs: 1_000, bytesMax: 33_554_432 },
  retry: conversion.retry,
  deadLetter: { queue: 'unreadable' },
}

function hourly<const Path extends string>(hour: Path) {
  return { form: 'TEMPLATE' as const, value: { hour }, template: 'sales/${hour}' }
}
