import { expect, test } from 'vitest'
import { readTargetEntry } from './target-entry.ts'
import { targetSpec } from './target-spec.ts'
import { targetView } from './target-view.ts'

const context = { account: '1', hasFunction: () => false, hasQueue: () => false, rateOf: () => undefined }

function spec(entry: Record<string, unknown>) {
  return targetSpec(readTargetEntry({ Id: 't', Type: 'http', Endpoint: 'http://x/', ...entry }), context)
}

test.each([
  ['acs:mns:cn-hangzhou:1:/queues/lost', { queue: 'lost' }],
  ['acs:mns:cn-hangzhou::queues/lost', { queue: 'lost' }],
  ['acs:eventbridge:cn-hangzhou:1:eventbus/lost', { bus: 'lost' }],
])('the dead letter %s is a sink', (Arn, deadLetter) => {
  expect(spec({ DeadLetterQueue: { Arn } })).toMatchObject({ deadLetter })
})

test.each(['acs:mns:cn-hangzhou:2:/queues/lost', 'acs:mns:cn-hangzhou:1:/topics/lost', 'lost'])(
  'the dead letter %s is refused',
  Arn => {
    expect(() => spec({ DeadLetterQueue: { Arn } })).toThrow('DeadLetterQueue')
  },
)

test('a queue or topic is named by its parameter, or by the endpoint', () => {
  const queue = { Type: 'acs.mns.queue', Endpoint: 'acs:mns:cn-hangzhou:1:queues/a' }
  const named = [{ ResourceKey: 'queue', Form: 'CONSTANT', Value: 'b' }]
  expect(spec(queue).sink).toEqual({ queue: 'a' })
  expect(spec({ ...queue, ParamList: named }).sink).toEqual({ queue: 'b' })
  const base64 = [{ ResourceKey: 'IsBase64Encode', Form: 'CONSTANT', Value: 'true' }]
  expect(spec({ ...queue, ParamList: base64 }).sink).toEqual({ queue: 'a', encoding: 'base64' })
  const topic = { Type: 'acs.mns.topic', Endpoint: 'acs:mns:cn-hangzhou:1:/topics/t' }
  expect(spec(topic).sink).toEqual({ topic: 't' })
  expect(() => spec({ Type: 'acs.mns.queue', Endpoint: '' })).toThrow('needs queue')
  expect(() => spec({ ...queue, Endpoint: 'acs:mns:x:2:queues/a' })).toThrow('another account')
})

test('a queue that another interface wrote is shown as a target of this one', () => {
  const target = {
    id: 't',
    sink: { queue: 'a', encoding: 'base64' },
    deadLetter: { queue: 'lost' },
    parameters: {},
    retry: { strategy: 'BACKOFF_RETRY' },
    onExhausted: 'continue',
    concurrencyMax: 1,
    timeoutMs: 1,
    paused: false,
  } as const
  const view = targetView(target, { region: 'r', account: '1' })
  expect(view).toMatchObject({
    Type: 'acs.mns.queue',
    Endpoint: 'acs:mns:r:1:queues/a',
    DeadLetterQueue: { Arn: 'acs:mns:r:1:queues/lost' },
  })
  expect(view['ParamList']).toContainEqual({ ResourceKey: 'IsBase64Encode', Form: 'CONSTANT', Value: 'true' })
})
