import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CreateArchiveCommand,
  CreateEventBusCommand,
  DescribeReplayCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  ResourceAlreadyExistsException,
  StartReplayCommand,
} from '@aws-sdk/client-eventbridge'

const { MILLRACE_URL = 'http://127.0.0.1:8400' } = process.env
const { MILLRACE_ACCESS_KEY_ID = '', MILLRACE_ACCESS_KEY_SECRET = '' } = process.env
if (MILLRACE_ACCESS_KEY_ID === '' || MILLRACE_ACCESS_KEY_SECRET === '') {
  console.error('set MILLRACE_ACCESS_KEY_ID and MILLRACE_ACCESS_KEY_SECRET to the key of the server')
  process.exit(2)
}

/** How long a replay is waited for, in seconds. */
const replaySecondsMax = 60

// The endpoint and the key are all that is different from a program of the cloud.
const client = new EventBridgeClient({
  endpoint: MILLRACE_URL,
  region: 'us-east-1',
  credentials: { accessKeyId: MILLRACE_ACCESS_KEY_ID, secretAccessKey: MILLRACE_ACCESS_KEY_SECRET },
})
const bus = 'shop'
const startedAt = new Date()

/** Tells one step, and what the service answered. */
function tell(done: string, answer: string | number | undefined): void {
  console.log(`${done.padEnd(24)}  ${answer}`)
}

/** Makes something that may be there from the last run. */
async function unlessThere(making: Promise<unknown>): Promise<'made' | 'was there'> {
  try {
    await making
    return 'made'
  } catch (thrown) {
    if (thrown instanceof ResourceAlreadyExistsException) return 'was there'
    throw thrown
  }
}

tell(`bus ${bus}`, await unlessThere(client.send(new CreateEventBusCommand({ Name: bus }))))
const { RuleArn = '' } = await client.send(
  new PutRuleCommand({
    Name: 'paid',
    EventBusName: bus,
    EventPattern: JSON.stringify({
      source: ['shop.orders'],
      'detail-type': ['OrderPaid'],
      detail: { total: [{ numeric: ['>', 0] }] },
    }),
  }),
)
tell('rule paid', RuleArn)
const [, , , region, account] = RuleArn.split(':')
const { FailedEntryCount } = await client.send(
  new PutTargetsCommand({
    Rule: 'paid',
    EventBusName: bus,
    Targets: [
      {
        Id: 'receipt',
        Arn: `arn:aws:lambda:${region}:${account}:function:receipt`,
        InputTransformer: {
          InputPathsMap: { order: '$.detail.order', total: '$.detail.total', source: '$.source' },
          InputTemplate: '{"order":<order>,"total":<total>,"from":"<source>"}',
        },
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 },
      },
    ],
  }),
)
tell('targets refused', FailedEntryCount)

const EventSourceArn = `arn:aws:events:${region}:${account}:event-bus/${bus}`
const ArchiveName = 'shop-month'
const archive = new CreateArchiveCommand({ ArchiveName, EventSourceArn, RetentionDays: 30 })
tell(`archive ${ArchiveName}`, await unlessThere(client.send(archive)))

const run = randomUUID().slice(0, 8)
const published = await client.send(
  new PutEventsCommand({
    Entries: [1, 2].map(number => ({
      EventBusName: bus,
      Source: 'shop.orders',
      DetailType: 'OrderPaid',
      Detail: JSON.stringify({ order: `${run}-${number}`, total: 12.5 * number }),
    })),
  }),
)
tell('events refused', published.FailedEntryCount)

// The same events again, to the same rule, out of the archive.
const ReplayName = `again-${run}`
await client.send(
  new StartReplayCommand({
    ReplayName,
    EventSourceArn: `arn:aws:events:${region}:${account}:archive/${ArchiveName}`,
    EventStartTime: startedAt,
    EventEndTime: new Date(Date.now() + 60_000),
    Destination: { Arn: EventSourceArn, FilterArns: [RuleArn] },
  }),
)
for (let second = 0; second < replaySecondsMax; second++) {
  const { State } = await client.send(new DescribeReplayCommand({ ReplayName }))
  if (State === 'COMPLETED') break
  await pause(1_000)
}
tell('replay', (await client.send(new DescribeReplayCommand({ ReplayName }))).State)
client.destroy()
