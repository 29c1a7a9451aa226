import { describe, expect, test } from 'vitest'
import { base64, pem, sourceOf } from './mapping.fixture.ts'
import { sourceKinds } from './tables.ts'

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
