import { expect, test } from 'vitest'
import { parameterObject, sourcePart } from './kinds.ts'

const context = {
  account: '1',
  hasFunction: () => false,
  hasQueue: () => false,
  rateOf: () => undefined,
}
const token = 'x'.repeat(128)

test('an event source has one parameter object, or none', () => {
  expect(parameterObject({ EventSourceName: 's' })).toBeUndefined()
  expect(parameterObject({ SourceMNSParameters: { QueueName: 'q' }, SourceSLSParameters: null })).toEqual({
    kind: 'SourceMNSParameters',
    members: { QueueName: 'q' },
  })
  const two = { SourceMNSParameters: {}, SourceRabbitMQParameters: {} }
  expect(() => parameterObject(two)).toThrow('one parameter object')
  expect(() => parameterObject({ SourceMNSParameters: 5 })).toThrow('is an object')
})

test('the older form with a type and a configuration is one, too', () => {
  const ExternalSourceConfig = { InstanceId: 'i', VirtualHostName: 'v', QueueName: 'q' }
  expect(parameterObject({ ExternalSourceType: 'RabbitMQ', ExternalSourceConfig })).toEqual({
    kind: 'SourceRabbitMQParameters',
    members: ExternalSourceConfig,
  })
  expect(() => parameterObject({ ExternalSourceType: 'MNS' })).toThrow('ExternalSourceConfig')
})

test.each([
  [
    'SourceKafkaParameters',
    { InstanceId: 'k', Topic: 't', ConsumerGroup: 'g', MaximumTasks: 3 },
    { source: { connector: 'kafka', instance: 'k', options: { topic: 't', group: 'g' } }, tasksMax: 3 },
  ],
  [
    'SourceScheduledEventParameters',
    { Schedule: '0 0 3 * * *', TimeZone: 'GMT+8:00', UserData: { a: 'b' } },
    {
      source: {
        connector: 'schedule',
        options: { schedule: '0 0 3 * * *', timeZone: 'GMT+8:00', userData: '{"a":"b"}' },
      },
    },
  ],
  [
    'SourceScheduledEventParameters',
    { Schedule: '0 0 3 * * *', TimeZone: 'GMT+8:00', UserData: '{"a":"b"}' },
    { source: { options: { userData: '{"a":"b"}' } } },
  ],
  [
    'SourceHttpEventParameters',
    { Type: 'HTTP', Method: ['get', 'POST'], SecurityConfig: 'ip', Ip: ['10.0.0.0/8'] },
    {
      source: {
        connector: 'http',
        options: { methods: ['GET', 'POST'], token, addresses: ['10.0.0.0/8'], referers: [] },
      },
    },
  ],
  [
    'SourceOSSEventParameters',
    {
      EventTypes: ['oss:ObjectCreated:PutObject'],
      MatchRules: [
        [
          { Prefix: 'in/', MatchState: true },
          { Suffix: '.tmp', MatchState: 'false' },
        ],
      ],
      StsRoleArn: 'acs:ram::1:role/r',
    },
    {
      source: {
        connector: 'oss',
        options: {
          mode: 'webhook',
          token,
          types: ['oss:ObjectCreated:PutObject'],
          keyRules: [
            { prefix: 'in/', suffix: '', exclude: false },
            { prefix: '', suffix: '.tmp', exclude: true },
          ],
        },
      },
    },
  ],
])('%s is a source %#', (kind, members, part) => {
  expect(sourcePart({ kind, members }, context, token)).toMatchObject(part)
})

test('a kind without a connector is refused with those that have one', () => {
  const members = { Project: 'p' }
  expect(() => sourcePart({ kind: 'SourcePrometheusParameters', members }, context, token)).toThrow(
    'SourceKafkaParameters',
  )
})

test('a kind without a connector is refused, with those that have one', () => {
  const refused = () => sourcePart({ kind: 'SourceDTSParameters', members: { TaskId: 't' } }, context, token)
  expect(refused).toThrow(expect.objectContaining({ code: 'EventSourceTypeInvalid' }) as Error)
  expect(refused).toThrow('SourceKafkaParameters')
})
