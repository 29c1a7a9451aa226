import {
  defineAsync,
  defineBus,
  defineCatalogue,
  defineFunction,
  defineQueue,
  defineRule,
  type WiringItem,
} from '@millrace/sdk'
import { z } from 'zod'

export const name = 'app-audit'

/** What came of judging one call: a finding as JSON text, or `null`. */
const judged = defineCatalogue({
  'fc:AsyncInvoke:succeeded': z.object({ responsePayload: z.string() }),
})

const {
  AUDIT_REPORT = '/tmp/audit-report.jsonl',
  // Beginnings of addresses: this machine and the office.
  USUAL_ADDRESSES = '127.0.0.1,10.',
  // A robot of a chat (an incoming webhook of Slack), who is told besides the queue.
  ROBOT_URL,
} = process.env

const finding = { form: 'JSONPATH', value: '$.data.responsePayload' } as const

export default (): WiringItem[] => [
  // What is done to this server is on the bus `default`; trails of other accounts are published to `audit` by whoever collects them.
  defineBus('audit'),
  defineRule('default', 'own-calls', {
    pattern: { data: { eventType: ['ApiCall'] } },
    targets: [{ id: 'audit', sink: { bus: 'audit' } }],
  }),
  defineRule('audit', 'judge', {
    pattern: { data: { eventName: [{ exists: true }] } },
    targets: [{ id: 'judge', sink: { function: 'judge', invocation: 'async' } }],
  }),
  defineFunction('judge', {
    code: 'functions',
    handler: 'judge.handler',
    timeoutMs: 10_000,
    instancesMax: 2,
    environment: { USUAL_ADDRESSES },
  }),
  defineAsync('judge', { retriesMax: 2, onSuccess: { bus: 'judged' }, onFailure: { queue: 'not-judged' } }),
  defineBus('judged'),
  defineQueue('not-judged'),
  defineQueue('alerts'),
  judged.rule('judged', 'report', 'fc:AsyncInvoke:succeeded', {
    pattern: { data: { responsePayload: [{ prefix: '{"severity"' }] } },
    targets: [
      { id: 'report', sink: { connector: 'file', options: { path: AUDIT_REPORT } }, transform: finding },
    ],
  }),
  judged.rule('judged', 'alert', 'fc:AsyncInvoke:succeeded', {
    pattern: { data: { responsePayload: [{ prefix: '{"severity":"high"' }] } },
    targets: [{ id: 'alerts', sink: { queue: 'alerts' }, transform: finding }, ...robot()],
  }),
]

/** Tells a chat, as long as it takes. */
function robot() {
  if (ROBOT_URL === undefined || ROBOT_URL === '') return []
  return [
    {
      id: 'robot',
      sink: { connector: 'chat', options: { service: 'slack', url: ROBOT_URL } },
      transform: finding,
      retry: {
        strategy: 'CUSTOM' as const,
        retriesMax: 100,
        ageMsMax: 3_600_000,
        delayMsMin: 500,
        delayMsMax: 60_000,
      },
    },
  ]
}
