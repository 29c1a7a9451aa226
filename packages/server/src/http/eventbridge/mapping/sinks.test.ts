import { describe, expect, test } from 'vitest'
import { constant, path, sinkOf } from './mapping.fixture.ts'
import { sinkKinds } from './tables.ts'

/** Schemas of log fields that say nothing, and what is told of them. */
const contentSchemas: readonly (readonly [string, string])[] = [
  ['{', 'is the text of a JSON object'],
  ['[]', 'is the text of a JSON object'],
  ['{}', 'has no Key_1'],
  ['{"Key_1":{"form":"CONSTANT","value":"a"}}', 'has no Value_1'],
  ['{"Key_1":{"form":"JSONPATH","value":"$.a"},"Value_1":"x"}', 'only be CONSTANT'],
  ['{"Key_1":"a","Value_1":{"form":"WHAT","value":"x"}}', 'is one of ORIGINAL'],
]

describe('sinks', () => {
  test.each([
    [
      'SinkMNSParameters',
      { QueueName: constant('here'), Body: { Form: 'ORIGINAL' }, IsBase64Encode: constant('true') },
      { sink: { queue: 'here', encoding: 'base64' } },
    ],
    [
      'SinkMNSParameters',
      { QueueName: constant('there'), Body: path('$.data') },
      {
        sink: { connector: 'mns', instance: 'mns', options: { queue: 'there', base64Encode: false } },
        transform: { form: 'JSONPATH', value: '$.data' },
      },
    ],
    [
      'SinkRocketMQParameters',
      {
        InstanceId: constant('MQ_1'),
        Topic: constant('t'),
        Body: path('$.data'),
        Keys: path('$.id'),
        Tags: constant('eb'),
        Properties: { Form: 'TEMPLATE', Value: '{"s":"$.source"}', Template: '{"src":"${s}"}' },
      },
      {
        sink: { connector: 'rocketmq', instance: 'MQ_1', options: { topic: 't' } },
        parameters: {
          keys: { form: 'JSONPATH', value: '$.id' },
          tags: { form: 'CONSTANT', value: 'eb' },
          properties: { form: 'TEMPLATE', value: { s: '$.source' }, template: '{"src":"${s}"}' },
        },
      },
    ],
    [
      'SinkRabbitMQParameters',
      {
        InstanceId: constant('amqp-1'),
        VirtualHostName: constant('v'),
        TargetType: constant('Exchange'),
        Exchange: constant('e'),
        RoutingKey: path('$.type'),
        MessageId: path('$.id'),
      },
      {
        sink: { connector: 'rabbitmq', instance: 'amqp-1', options: { virtualHost: 'v', exchange: 'e' } },
        parameters: {
          routingKey: { form: 'JSONPATH', value: '$.type' },
          messageId: { form: 'JSONPATH', value: '$.id' },
        },
      },
    ],
    [
      'SinkMQTTParameters',
      { InstanceId: 'm', ParentTopic: 't', SubTopic: path('$.subject'), Payload: path('$.data') },
      {
        sink: { connector: 'mqtt', instance: 'm', options: { topic: 't' } },
        transform: { form: 'JSONPATH', value: '$.data' },
        parameters: { subTopic: { form: 'JSONPATH', value: '$.subject' } },
      },
    ],
    [
      'SinkOpenSourceRabbitMQParameters',
      {
        Endpoint: 'h',
        Username: 'u',
        Password: 'p',
        VirtualHostName: 'v',
        TargetType: 'Queue',
        QueueName: 'q',
      },
      {
        sink: {
          connector: 'rabbitmq',
          options: { endpoint: 'h', username: 'u', password: 'p', virtualHost: 'v', queue: 'q' },
        },
      },
    ],
    [
      'SinkKafkaParameters',
      {
        InstanceId: constant('k'),
        Topic: constant('t'),
        Acks: constant('1'),
        Key: path('$.id'),
        Value: path('$.data'),
        Headers: { Form: 'TEMPLATE', Value: '{"t":"$.type"}', Template: '{"x-type":"<${t}>"}' },
        CompressionType: 'gzip',
      },
      {
        sink: { connector: 'kafka', instance: 'k', options: { topic: 't', acks: '1', compression: 'gzip' } },
        transform: { form: 'JSONPATH', value: '$.data' },
        parameters: {
          key: { form: 'JSONPATH', value: '$.id' },
          'headers.x-type': { form: 'TEMPLATE', value: { t: '$.type' }, template: '<${t}>' },
        },
      },
    ],
    [
      'SinkApacheKafkaParameters',
      {
        Bootstraps: 'a:1',
        DynamicTopic: path('$.data.topic'),
        Acks: '-1',
        SecurityProtocol: 'SASL_PLAINTEXT',
        SaslUser: 'u',
        SaslPassword: 'p',
      },
      {
        sink: {
          connector: 'kafka',
          options: {
            bootstrap: 'a:1',
            acks: 'all',
            sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' },
          },
        },
        parameters: { topic: { form: 'JSONPATH', value: '$.data.topic' } },
      },
    ],
    [
      'SinkFcParameters',
      {
        ServiceName: constant('s'),
        FunctionName: constant('f'),
        Body: path('$.data'),
        Concurrency: constant('2'),
      },
      {
        sink: { function: 'f' },
        payload: 'list',
        concurrencyMax: 2,
        transform: { form: 'JSONPATH', value: '$.data' },
      },
    ],
    [
      'SinkHttpsParameters',
      { URL: constant('http://x/'), Method: 'PUT', Token: 't' },
      {
        sink: {
          connector: 'http',
          options: { url: 'http://x/', method: 'PUT', headers: { 'x-eventbridge-signature-token': 't' } },
        },
      },
    ],
    [
      'SinkApiDestinationParameters',
      {
        Name: 'crm',
        HeaderParameters: { Form: 'TEMPLATE', Value: '{"i":"$.id"}', Template: '{"X-Id":"${i}"}' },
        Timeout: 5,
      },
      {
        sink: { connector: 'http', instance: 'api-destination.crm', options: {} },
        transform: { form: 'JSONPATH', value: '$.data' },
        parameters: { headers: { form: 'TEMPLATE', value: { i: '$.id' }, template: '{"X-Id":"${i}"}' } },
        timeoutMs: 5_000,
      },
    ],
    [
      'SinkSLSParameters',
      {
        Project: constant('p'),
        LogStore: constant('l'),
        Topic: path('$.type'),
        Body: path('$.data'),
        RoleName: constant('r'),
      },
      {
        sink: {
          connector: 'sls',
          instance: 'sls',
          options: { project: 'p', logstore: 'l', contentType: 'json' },
        },
        transform: { form: 'JSONPATH', value: '$.data' },
        parameters: { topic: { form: 'JSONPATH', value: '$.type' } },
      },
    ],
    [
      'SinkSLSParameters',
      {
        Project: constant('p'),
        LogStore: constant('l'),
        ContentType: constant('KeyValue'),
        ContentSchema: constant(
          JSON.stringify({
            Key_1: { form: 'CONSTANT', value: 'amount' },
            Value_1: { form: 'JSONPATH', value: '$.data.amount' },
            Key_2: { form: 'CONSTANT', value: 'who' },
            Value_2: { form: 'TEMPLATE', value: '{"s":"$.source"}', template: 'by ${s}' },
          }),
        ),
      },
      {
        sink: {
          connector: 'sls',
          instance: 'sls',
          options: { project: 'p', logstore: 'l', contentType: 'keyValue' },
        },
        parameters: {
          'columns.amount': { form: 'JSONPATH', value: '$.data.amount' },
          'columns.who': { form: 'TEMPLATE', value: { s: '$.source' }, template: 'by ${s}' },
        },
      },
    ],
  ])('%s %#', (kind, members, destination) => {
    expect(sinkOf(kind, members)).toMatchObject(destination)
    expect(sinkOf(kind, members).sink).toEqual(destination.sink)
  })

  test.each([
    ['SinkRabbitMQParameters', { InstanceId: 'i', VirtualHostName: 'v' }, 'needs TargetType'],
    [
      'SinkRabbitMQParameters',
      { InstanceId: 'i', VirtualHostName: 'v', TargetType: 'x' },
      'TargetType is one of',
    ],
    ['SinkKafkaParameters', { InstanceId: 'k' }, 'needs Topic'],
    ['SinkKafkaParameters', { InstanceId: 'k', Topic: 't', Acks: '7' }, 'Acks is one of'],
    ['SinkKafkaParameters', { InstanceId: 'k', Topic: 't', Headers: path('$.data') }, 'Headers can be'],
    ['SinkKafkaParameters', { InstanceId: 'k', Topic: 't', Headers: constant('[1]') }, 'JSON object'],
    ['SinkKafkaParameters', { InstanceId: path('$.x'), Topic: 't' }, 'only be CONSTANT'],
    ['SinkFcParameters', { FunctionName: 'f', Concurrency: '0' }, 'Concurrency'],
    ['SinkHttpsParameters', {}, 'needs url'],
    ['SinkMQTTParameters', { InstanceId: 'm' }, 'needs ParentTopic'],
    ['SinkSLSParameters', { Project: 'p' }, 'needs LogStore'],
    ['SinkSLSParameters', { Project: 'p', LogStore: 'l', ContentType: 'XML' }, 'ContentType is one of'],
    ...contentSchemas.map(([ContentSchema, message]): [string, Record<string, unknown>, string] => [
      'SinkSLSParameters',
      { Project: 'p', LogStore: 'l', ContentType: 'KeyValue', ContentSchema },
      message,
    ]),
    ['SinkApiDestinationParameters', { Name: 'crm', Timeout: 61 }, 'Timeout is from 1 to 60'],
    ['SinkMNSParameters', { QueueName: { Form: 'WHAT', Value: 'q' } }, 'is one of ORIGINAL'],
  ])('%s is refused for what is missing or wrong %#', (kind, members, message) => {
    expect(() => sinkOf(kind, members)).toThrow(message)
  })

  test('of a system without a connector are refused with those that have one', () => {
    expect(() => sinkOf('SinkDataHubParameters', {})).toThrow(sinkKinds.join(', '))
  })
})
