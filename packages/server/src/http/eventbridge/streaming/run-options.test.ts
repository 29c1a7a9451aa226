import { expect, test } from 'vitest'
import { runOptions } from './run-options.ts'

const context = { account: '1' }

test.each([
  [{}, { strategy: 'BACKOFF_RETRY' }],
  [{ PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY' }, { strategy: 'EXPONENTIAL_DECAY_RETRY' }],
  [{ MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 512 }, { strategy: 'BACKOFF_RETRY' }],
  [{ MaximumRetryAttempts: 99, MaximumEventAgeInSeconds: 0 }, { strategy: 'BACKOFF_RETRY' }],
  [
    { MaximumRetryAttempts: 2 },
    { strategy: 'CUSTOM', retriesMax: 2, delayMsMin: 10_000, delayMsMax: 20_000 },
  ],
  [
    { PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY', MaximumEventAgeInSeconds: 60 },
    { strategy: 'CUSTOM', retriesMax: 176, ageMsMax: 60_000, delayMsMin: 1_000, delayMsMax: 512_000 },
  ],
  [
    { MaximumRetryAttempts: 0 },
    { strategy: 'CUSTOM', retriesMax: 0, delayMsMin: 10_000, delayMsMax: 20_000 },
  ],
])('explicit limits cap the named strategy: %j', (RetryStrategy, retry) => {
  expect(runOptions({ RetryStrategy }, context).retry).toEqual(retry)
})

test('tasks, windows and rates are those of the engine, and 0 leaves them to it', () => {
  const BatchWindow = { CountBasedWindow: 10, TimeBasedWindow: 5 }
  expect(runOptions({ MaximumTasks: 3, BatchWindow, Throttling: 7 }, context)).toMatchObject({
    tasksMax: 3,
    batch: { countMax: 10, windowMs: 5_000 },
    ratePerSecondMax: 7,
    onExhausted: 'continue',
  })
  const nothing = runOptions(
    { MaximumTasks: 0, BatchWindow: { CountBasedWindow: 0 }, Throttling: 0 },
    context,
  )
  expect(nothing).not.toHaveProperty('tasksMax')
  expect(nothing).not.toHaveProperty('ratePerSecondMax')
  expect(nothing.batch).toEqual({})
})

test.each([
  ['acs:mns:r:1:/queues/lost', { queue: 'lost' }],
  ['acs:eventbridge:r:1:eventbus/lost', { bus: 'lost' }],
  [
    'acs:mq:r:1:/instances/MQ_1/topic/t',
    { connector: 'rocketmq', instance: 'MQ_1', options: { topic: 't' } },
  ],
  ['acs:alikafka:r:1:instance/k/topic/t', { connector: 'kafka', instance: 'k', options: { topic: 't' } }],
])('the dead letter %s is a sink', (Arn, sink) => {
  expect(runOptions({ DeadLetterQueue: { Arn } }, context).deadLetter).toEqual(sink)
})

test.each(['acs:mns:r:2:/queues/lost', 'lost', 'acs:oss:r:1:b'])('the dead letter %s is refused', Arn => {
  expect(() => runOptions({ DeadLetterQueue: { Arn } }, context)).toThrow('DeadLetterQueue')
})
