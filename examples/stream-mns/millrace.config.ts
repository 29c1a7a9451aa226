import { defineFunction, defineInstance, defineQueue, defineStream } from '@millrace/sdk'

// The queue is one of this very server, reached as any MNS is: by an endpoint and a key. Point both at the cloud and nothing else
// changes. Run it with `npx millrace dev examples/stream-mns` (see the README for the key).
const {
  MNS_ENDPOINT = 'http://127.0.0.1:8400',
  MILLRACE_ACCESS_KEY_ID = '',
  MILLRACE_ACCESS_KEY_SECRET = '',
} = process.env

export default [
  defineQueue('example-tickets', { visibilityMs: 30_000 }),
  defineQueue('example-unhandled'),
  defineInstance('support-mns', {
    connector: 'mns',
    options: {
      endpoint: MNS_ENDPOINT,
      accessKeyId: MILLRACE_ACCESS_KEY_ID,
      accessKeySecret: MILLRACE_ACCESS_KEY_SECRET,
    },
  }),
  defineFunction('handle', { code: 'functions/handle', handler: 'index.handler', timeoutMs: 10_000 }),
  defineStream('tickets', {
    source: {
      connector: 'mns',
      instance: 'support-mns',
      options: { queue: 'example-tickets', bodyForm: 'json' },
    },
    sink: { function: 'handle' },
    batch: { countMax: 16 },
    deadLetter: { queue: 'example-unhandled' },
  }),
]
