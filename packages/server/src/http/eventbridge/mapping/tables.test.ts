import { describe, expect, test } from 'vitest'
import { Members, parametersOf } from './members.ts'
import { sinkKinds, sinkMapping, sourceKinds, sourceMapping, targetMapping } from './tables.ts'

const context = {
  account: '1',
  hasFunction: () => false,
  hasQueue: (name: string) => name === 'here',
  rateOf: (name: string) => (name === 'slow' ? 5 : undefined),
}

function sourceOf(kind: string, members: Record<string, unknown>) {
  return sourceMapping(kind, 'C')(new Members(kind, parametersOf(members)), context)
}

function sinkOf(kind: string, members: Record<string, unknown>) {
  return sinkMapping(kind, 'C')(new Members(kind, parametersOf(members)), context)
}

const constant = (Value: string) => ({ Form: 'CONSTANT', Value })
const path = (Value: string) => ({ Form: 'JSONPATH', Value })
const pem = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n'
const base64 = Buffer.from(pem).toString('base64')

/** Schemas of log fields that say nothing, and what is told of them. */
const contentSchemas: readonly (readonly [string, string])[] = [
  ['{', 'is the text of a JSON object'],
  ['[]', 'is the text of a JSON object'],
  ['{}', 'has no Key_1'],
  ['{"Key_1":{"form":"CONSTANT","value":"a"}}', 'has no Value_1'],
  ['{"Key_1":{"form":"JSONPATH","value":"$.a"},"Value_1":"x"}', 'only be CONSTANT'],
  ['{"Key_1":"a","Value_1":{"form":"WHAT","value":"x"}}', 'is one of ORIGINAL'],
]

describe('sources', () => {
  test.each([
    [
      'SourceMNSParameters',
      { RegionId: 'r', QueueName: 'q', IsBase64Decode: false },
      { connector: 'mns', instance: 'mns', options: { queue: 'q', base64Decode: false } },
    ],
    [
      'SourceRocketMQParameters',
      { InstanceId: 'MQ_1', Topic: 't', GroupID: 'g', Tag: 'a||b', Offset: 'CONSUME_FROM_LAST_OFFSET' },
      {
        connector: 'rocketmq',
        instance: 'MQ_1',
        options: { topic: 't', group: 'g', tags: 'a||b', start: 'latest', bodyForm: 'text' },
      },
    ],
    [
      'SourceRocketMQParameters',
      {
        InstanceType: 'SelfBuilt',
        InstanceEndpoint: 'a:8081;b:8081',
        InstanceUsername: 'u',
        InstancePassword: 'p',
        Topic: 't',
        GroupID: 'g',
        FilterSql: 'a > 1',
        BodyDataType: 'JSON',
        Offset: 'CONSUME_FROM_TIMESTAMP',
        Timestamp: 1_700_000_000_000,
      },
      {
        connector: 'rocketmq',
        options: {
          endpoints: ['a:8081', 'b:8081'],
          accessKey: 'u',
          accessSecret: 'p',
          topic: 't',
          group: 'g',
          sql: 'a > 1',
          bodyForm: 'json',
          start: { time: '2023-11-14T22:13:20.000Z' },
        },
      },
    ],
    [
      'SourceRabbitMQParameters',
      { InstanceId: 'amqp-1', VirtualHostName: 'v', QueueName: 'q' },
      { connector: 'rabbitmq', instance: 'amqp-1', options: { virtualHost: 'v', queue: 'q' } },
    ],
    [
      'SourceOpenSourceRabbitMQParameters',
      {
        Endpoint: 'h:5672',
        Username: 'u',
        Password: 'p',
        VirtualHostName: '/',
        QueueName: 'q',
        BodyDataType: 'Text',
      },
      {
        connector: 'rabbitmq',
        options: {
          endpoint: 'h:5672',
          username: 'u',
          password: 'p',
          virtualHost: '/',
          queue: 'q',
          bodyForm: 'text',
        },
      },
    ],
    [
      'SourceMQTTParameters',
      { RegionId: 'r', InstanceId: 'mqtt-1', Topic: 't/#', BodyDataType: 'Binary' },
      { connector: 'mqtt', instance: 'mqtt-1', options: { topic: 't/#', bodyForm: 'binary' } },
    ],
    [
      'SourceKafkaParameters',
      { InstanceId: 'k', Topic: 't', ConsumerGroup: 'g', OffsetReset: 'earliest', ValueDataType: 'Binary' },
      {
        connector: 'kafka',
        instance: 'k',
        options: { topic: 't', group: 'g', start: 'earliest', bodyForm: 'binary' },
      },
    ],
    [
      'SourceApacheKafkaParameters',
      {
        Bootstraps: 'a:9092',
        Topic: 't',
        ConsumerGroup: 'g',
        SecurityProtocol: 'SASL_SSL',
        SaslMechanism: 'SCRAM-SHA-256',
        SaslUser: 'u',
        SaslPassword: 'p',
        SslTruststoreCertificates: base64,
      },
      {
        connector: 'kafka',
        options: {
          bootstrap: 'a:9092',
          topic: 't',
          group: 'g',
          sasl: { mechanism: 'SCRAM-SHA-256', username: 'u', password: 'p' },
          tls: { ca: pem },
        },
      },
    ],
    [
      'SourceSLSParameters',
      { Project: 'p', LogStore: 'l', ConsumePosition: 'begin', RoleName: 'r' },
      { connector: 'sls', instance: 'sls', options: { project: 'p', logstore: 'l', start: 'earliest' } },
    ],
    [
      'SourceSLSParameters',
      { Project: 'p', LogStore: 'l', ConsumePosition: 1_700_000_000 },
      {
        connector: 'sls',
        instance: 'sls',
        options: { project: 'p', logstore: 'l', start: { time: '2023-11-14T22:13:20.000Z' } },
      },
    ],
    [
      'SourcePostgreSQLParameters',
      {
        HostName: 'h',
        Port: 5433,
        User: 'u',
        Password: 'p',
        DatabaseName: 'shop',
        SchemaName: 'sales',
        TableNames: 'orders, shop.lines,other.parts',
        SnapshotMode: 'initial',
        IncludeSchemaChanges: true,
        NetworkType: 'PublicNetwork',
      },
      {
        connector: 'postgres',
        options: {
          host: 'h',
          port: 5433,
          username: 'u',
          password: 'p',
          database: 'shop',
          mode: 'changes',
          create: true,
          tables: ['sales.orders', 'sales.lines', 'other.parts'],
          snapshot: 'initial',
          schemaChanges: true,
        },
      },
    ],
    [
      'SourceJDBCParameters',
      {
        JdbcUrl: 'jdbc:postgresql://h:5433/shop?ssl=false',
        Username: 'u',
        Password: 'p',
        TableName: 'sales.orders',
        IncrementingColumn: 'id',
        BatchSize: 50,
        PollingInterval: 2_000,
      },
      {
        connector: 'postgres',
        options: {
          host: 'h',
          port: 5433,
          database: 'shop',
          username: 'u',
          password: 'p',
          mode: 'outbox',
          schema: 'sales',
          table: 'orders',
          idColumn: 'id',
          payloadColumn: '*',
          prefetch: 50,
          pollIntervalMs: 2_000,
        },
      },
    ],
  ])('%s %#', (kind, members, source) => {
    expect(sourceOf(kind, members)).toEqual(source)
  })

  test.each([
    ['SourceKafkaParameters', { Topic: 't', ConsumerGroup: 'g' }, 'needs InstanceId'],
    ['SourceKafkaParameters', { InstanceId: 'k', Topic: 't' }, 'needs ConsumerGroup'],
    ['SourceMNSParameters', {}, 'needs QueueName'],
    [
      'SourcePostgreSQLParameters',
      { HostName: 'h', DatabaseName: 'd', TableNames: 't', SnapshotMode: 'always' },
      'a snapshot is taken once',
    ],
    ['SourcePostgreSQLParameters', { HostName: 'h', DatabaseName: 'd' }, 'needs TableNames'],
    ['SourceJDBCParameters', { JdbcUrl: 'jdbc:oracle:thin:@h' }, 'JdbcUrl is such as'],
    [
      'SourceJDBCParameters',
      { JdbcUrl: 'jdbc:postgresql://h/d', TableName: 't', IncrementingColumn: 'id', BatchSize: 'many' },
      'BatchSize is a whole number',
    ],
    ['SourceSLSParameters', { Project: 'p' }, 'needs LogStore'],
    [
      'SourceSLSParameters',
      { Project: 'p', LogStore: 'l', ConsumePosition: 'middle' },
      'is one of begin, end',
    ],
    [
      'SourceRocketMQParameters',
      { InstanceId: 'i', Topic: 't', GroupID: 'g', Offset: 'NEVER' },
      'Offset is one of',
    ],
    [
      'SourceApacheKafkaParameters',
      {
        Bootstraps: 'a:1',
        Topic: 't',
        ConsumerGroup: 'g',
        SecurityProtocol: 'SSL',
        SslKeystoreCertificateChain: base64,
      },
      'millrace instance add kafka',
    ],
    [
      'SourceApacheKafkaParameters',
      {
        Bootstraps: 'a:1',
        Topic: 't',
        ConsumerGroup: 'g',
        SecurityProtocol: 'SSL',
        SslTruststoreCertificates: '!!',
      },
      'Base64 of a PEM',
    ],
  ])('%s is refused for what is missing or wrong %#', (kind, members, message) => {
    expect(() => sourceOf(kind, members)).toThrow(message)
  })

  test('of a system without a connector are refused with those that have one', () => {
    expect(() => sourceOf('SourcePrometheusParameters', {})).toThrow(sourceKinds.join(', '))
    expect(() => sourceOf('constructor', {})).toThrow('no source')
  })
})

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

test.each([
  [
    'acs.rocketmq',
    { InstanceId: 'i', Topic: 't' },
    { connector: 'rocketmq', instance: 'i', options: { topic: 't' } },
  ],
  [
    'acs.rabbitmq',
    { InstanceId: 'i', Vhost: 'v', TargetType: 'Queue', Queue: 'q' },
    { connector: 'rabbitmq', instance: 'i', options: { virtualHost: 'v', queue: 'q' } },
  ],
  [
    'acs.alikafka',
    { InstanceId: 'k', Topic: 't' },
    { connector: 'kafka', instance: 'k', options: { topic: 't' } },
  ],
  [
    'acs.dingtalk',
    { URL: 'https://d/?access_token=x', SecretKey: 'SEC1' },
    { connector: 'chat', options: { service: 'dingtalk', url: 'https://d/?access_token=x', secret: 'SEC1' } },
  ],
  [
    'acs.mail',
    { Subject: 's', AccountName: 'a@x', ToAddress: 'b@x', IsHtmlBody: 'true', ReplyToAddress: 'r@x' },
    {
      connector: 'mail',
      instance: 'mail',
      options: { from: 'a@x', subject: 's', replyTo: 'r@x', bodyType: 'html' },
    },
  ],
])('the target %s is the sink of its system', (type, members, sink) => {
  const mapped = targetMapping(type)(new Members(type, parametersOf(members)), context)
  expect(mapped.sink).toEqual(sink)
})

test('a Kafka cluster, an API destination and a function are named by the endpoint, too', () => {
  const mapped = (type: string, endpoint: string, members: Record<string, unknown>) =>
    targetMapping(type)(new Members(type, parametersOf(members), undefined, endpoint), context).sink
  expect(mapped('ApacheKafkaSelf', 'a:1,b:2', { Topic: 't' })).toEqual({
    connector: 'kafka',
    options: { bootstrap: 'a:1,b:2', topic: 't' },
  })
  expect(mapped('acs.api.destination', 'acs:api-destination:r:1:name/crm', {})).toMatchObject({
    instance: 'api-destination.crm',
  })
  expect(mapped('acs.fc.function', 'acs:fc:r:1:functions/f', {})).toEqual({ function: 'f' })
  expect(
    mapped('acs.fc.function', '', { functionName: 'f', InvocationType: 'Async', Qualifier: 'live' }),
  ).toEqual({
    function: 'f',
    qualifier: 'live',
    invocation: 'async',
  })
})

test('an API destination with a rate limit paces its targets', () => {
  const mapped = (Name: string) =>
    targetMapping('acs.api.destination')(new Members('t', parametersOf({ Name })), context)
  expect(mapped('slow')).toMatchObject({ ratePerSecondMax: 5 })
  expect(mapped('fast')).not.toHaveProperty('ratePerSecondMax')
})

describe('MySQL', () => {
  const login = { DBName: constant('app'), AccountName: constant('u'), AccountPassword: constant('p') }
  const ExecuteSQL = { Form: 'TEMPLATE', Value: '{"i":"$.id"}', Template: "INSERT INTO ev VALUES('${i}')" }
  const targetOf = (type: string, members: Record<string, unknown>) =>
    targetMapping(type)(new Members(type, parametersOf(members)), context)

  test('a target executes what its statement renders, on a server or an instance', () => {
    const options = { database: 'app', username: 'u', password: 'p', mode: 'statement' }
    const parameters = { statement: expect.objectContaining({ form: 'TEMPLATE' }) as unknown }
    const own = { ...login, ExecuteSQL, ConnectionStringAndPort: constant('db.example.com:3307') }
    expect(targetOf('mysql', own)).toEqual({
      sink: { connector: 'mysql', options: { host: 'db.example.com', port: 3_307, ...options } },
      parameters,
    })
    expect(targetOf('acs.rds.mysql', { ...login, ExecuteSQL, InstanceId: constant('rm-1') })).toEqual({
      sink: { connector: 'mysql', instance: 'rm-1', options },
      parameters,
    })
    expect(() => targetOf('acs.rds.mysql', { ...login, InstanceId: constant('rm-1') })).toThrow('ExecuteSQL')
    expect(() => targetOf('mysql', { ...own, ConnectionStringAndPort: constant('a:b:c') })).toThrow(
      'host:port',
    )
  })

  test('a source reads changes, and refuses to read what is there already', () => {
    const members = { HostName: 'db', Port: 3_307, User: 'u', Password: 'p', DatabaseName: 'app' }
    const server = { host: 'db', port: 3_307, username: 'u', password: 'p', database: 'app' }
    expect(sourceOf('SourceMySQLParameters', { ...members, TableNames: 'app.a, app.b' })).toEqual({
      connector: 'mysql',
      options: { ...server, tables: ['app.a', 'app.b'] },
    })
    expect(sourceOf('SourceMySQLParameters', { ...members, SnapshotMode: 'never' }).options).toEqual(server)
    expect(() => sourceOf('SourceMySQLParameters', { ...members, SnapshotMode: 'initial' })).toThrow('never')
    expect(() => sourceOf('SourceMySQLParameters', { ...members, IncludeSchemaChanges: true })).toThrow(
      'false',
    )
  })
})
