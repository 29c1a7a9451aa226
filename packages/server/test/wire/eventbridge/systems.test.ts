import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessKeyId, accessKeySecret, account, startWireServer, type WireServer } from './fixture.ts'
import { allowing, putRole } from '../roles.ts'
import { type Members, type RpcCall, rpcClient } from './rpc-client.ts'

/** Whether the connectors take what the parameter sets are mapped to: nothing is started, so no system is needed. */
let server: WireServer
let call: RpcCall
beforeAll(async () => {
  server = await startWireServer()
  call = rpcClient(server)
  await call('CreateEventBus', { EventBusName: 'orders' })
  await call('CreateRule', { EventBusName: 'orders', RuleName: 'r', FilterPattern: '{"source":["never"]}' })
  for (const queue of ['in', 'out']) await server.rest('PUT', `/queues/${queue}`, {})
  const instances: Members = {
    mns: { connector: 'mns', options: { endpoint: server.url, accessKeyId, accessKeySecret } },
    'alikafka_post-cn-1': { connector: 'kafka', options: { bootstrap: '127.0.0.1:1' } },
    MQ_INST_1: { connector: 'rocketmq', options: { endpoints: ['127.0.0.1:1'] } },
    sls: { connector: 'sls', options: { endpoint: server.url, accessKeyId, accessKeySecret } },
    oss: { connector: 'oss', options: { accessKeyId: 'id', accessKeySecret: 'hidden-password' } },
    'rm-1': { connector: 'mysql', options: { host: '127.0.0.1', port: 1 } },
    'amqp-cn-1': { connector: 'rabbitmq', options: { endpoint: '127.0.0.1:1' } },
    'mqtt-cn-1': { connector: 'mqtt', options: { endpoint: '127.0.0.1:1' } },
    mail: { connector: 'mail', options: { host: '127.0.0.1' } },
  }
  for (const [name, instance] of Object.entries(instances)) {
    expect((await server.rest('PUT', `/instances/${name}`, instance)).status, name).toBe(201)
  }
  for (const role of ['r', 'eb-sls'])
    await putRole(server, role, allowing({ Action: 'millrace:UseInstance' }))
  await call('CreateConnection', {
    ConnectionName: 'crm',
    NetworkParameters: { NetworkType: 'PublicNetwork' },
  })
  const HttpApiParameters = { Endpoint: 'http://127.0.0.1:1/', Method: 'POST' }
  await call('CreateApiDestination', { ApiDestinationName: 'api', ConnectionName: 'crm', HttpApiParameters })
})
afterAll(() => server[Symbol.asyncDispose]())

const constant = (Value: string) => ({ Form: 'CONSTANT', Value })
const path = (Value: string) => ({ Form: 'JSONPATH', Value })
const template = { Form: 'TEMPLATE', Value: '{"s":"$.source"}', Template: '{"src":"${s}"}' }
const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n').toString('base64')
const cluster = {
  Bootstraps: '127.0.0.1:1',
  SecurityProtocol: 'SASL_SSL',
  SaslMechanism: 'SCRAM-SHA-512',
  SaslUser: 'u',
  SaslPassword: 'hidden-password',
  SslTruststoreCertificates: pem,
}
const selfBuilt = {
  InstanceType: 'SelfBuilt',
  InstanceEndpoint: '127.0.0.1:1',
  InstanceUsername: 'u',
  InstancePassword: 'hidden-password',
}
const contentSchema = JSON.stringify({
  Key_1: { form: 'CONSTANT', value: 'amount' },
  Value_1: { form: 'JSONPATH', value: '$.data.amount' },
})
const toQueue = { SinkMNSParameters: { QueueName: constant('out'), Body: path('$.data') } }
const fromQueue = { SourceMNSParameters: { RegionId: 'r', QueueName: 'in', IsBase64Decode: true } }

let streamings = 0
async function accepted(Source: Members, Sink: Members): Promise<Members> {
  const EventStreamingName = `es-${streamings++}`
  const DeadLetterQueue = {
    Arn: `acs:alikafka:cn-hangzhou:${account}:instance/alikafka_post-cn-1/topic/lost`,
  }
  const RunOptions = { MaximumTasks: 1, DeadLetterQueue, Throttling: 10 }
  await call('CreateEventStreaming', {}, { EventStreamingName, FilterPattern: '', Source, Sink, RunOptions })
  const read = (await call('GetEventStreaming', {}, { EventStreamingName }))['Data'] as Members
  const own = await server.rest('GET', `/streams/${EventStreamingName}`)
  // No interface gives a password back, and the own one neither.
  expect(JSON.stringify([read, own.json])).not.toContain('hidden-password')
  return read
}

test.each<[string, Members]>([
  [
    'SourceKafkaParameters',
    {
      InstanceId: 'alikafka_post-cn-1',
      Topic: 't',
      ConsumerGroup: 'g',
      OffsetReset: 'earliest',
      ValueDataType: 'Text',
    },
  ],
  ['SourceApacheKafkaParameters', { ...cluster, Topic: 't', ConsumerGroup: 'g' }],
  ['SourceRocketMQParameters', { InstanceId: 'MQ_INST_1', Topic: 't', GroupID: 'GID_a', Tag: 'a' }],
  [
    'SourceRocketMQParameters',
    { ...selfBuilt, Topic: 't', GroupID: 'g', FilterType: 'SQL', FilterSql: 'a > 1' },
  ],
  ['SourceMQTTParameters', { InstanceId: 'mqtt-cn-1', Topic: 'a/+', BodyDataType: 'Text' }],
  ['SourceRabbitMQParameters', { InstanceId: 'amqp-cn-1', VirtualHostName: 'v', QueueName: 'q' }],
  [
    'SourceOpenSourceRabbitMQParameters',
    {
      Endpoint: '127.0.0.1:1',
      Username: 'u',
      Password: 'hidden-password',
      VirtualHostName: '/',
      QueueName: 'q',
      BodyDataType: 'Text',
    },
  ],
  ['SourceMNSParameters', fromQueue.SourceMNSParameters],
  [
    'SourcePostgreSQLParameters',
    {
      HostName: '127.0.0.1',
      Port: 1,
      User: 'u',
      Password: 'hidden-password',
      DatabaseName: 'shop',
      TableNames: 'orders',
      SnapshotMode: 'initial',
      IncludeSchemaChanges: true,
    },
  ],
  [
    'SourceJDBCParameters',
    {
      JdbcUrl: 'jdbc:postgresql://127.0.0.1:1/shop',
      Username: 'u',
      Password: 'hidden-password',
      TableName: 'orders',
      IncrementingColumn: 'id',
    },
  ],
  ['SourceOSSParameters', { BucketName: 'demo', Prefix: 'in/', LoadMode: 'element', Delimiter: '\n' }],
  [
    'SourceMySQLParameters',
    {
      RegionId: 'r',
      HostName: '127.0.0.1',
      Port: 1,
      User: 'u',
      Password: 'hidden-password',
      DatabaseName: 'app',
      TableNames: 'app.a,app.b',
      SnapshotMode: 'never',
      NetworkType: 'PublicNetwork',
    },
  ],
  ['SourceSLSParameters', { Project: 'p', LogStore: 'l', ConsumePosition: 'end', RoleName: 'r' }],
])('the connector takes what %s becomes', async (kind, members) => {
  await accepted({ [kind]: members }, toQueue)
})

test.each<[string, Members]>([
  [
    'SinkKafkaParameters',
    {
      InstanceId: constant('alikafka_post-cn-1'),
      Topic: constant('t'),
      Acks: constant('all'),
      Key: path('$.id'),
      Value: path('$.data'),
      Headers: template,
      CompressionType: 'gzip',
    },
  ],
  [
    'SinkMQTTParameters',
    {
      InstanceId: 'mqtt-cn-1',
      ParentTopic: 'a',
      SubTopic: path('$.subject'),
      Payload: path('$.data'),
      Mqtt5UserProperty: template,
    },
  ],
  ['SinkApacheKafkaParameters', { ...cluster, DynamicTopic: path('$.data.t'), Acks: '1' }],
  [
    'SinkRocketMQParameters',
    {
      InstanceId: constant('MQ_INST_1'),
      Topic: constant('t'),
      Body: path('$.data'),
      Keys: path('$.id'),
      Tags: constant('a'),
      Properties: template,
    },
  ],
  ['SinkRocketMQParameters', { ...selfBuilt, Topic: 't', ShardingKey: path('$.data.k') }],
  [
    'SinkRabbitMQParameters',
    {
      InstanceId: constant('amqp-cn-1'),
      VirtualHostName: constant('v'),
      TargetType: constant('Exchange'),
      Exchange: constant('e'),
      RoutingKey: path('$.type'),
      MessageId: path('$.id'),
      Properties: template,
    },
  ],
  [
    'SinkOpenSourceRabbitMQParameters',
    {
      Endpoint: '127.0.0.1:1',
      Username: 'u',
      Password: 'hidden-password',
      VirtualHostName: 'v',
      TargetType: 'Queue',
      QueueName: 'q',
    },
  ],
  [
    'SinkOSSParameters',
    {
      BucketName: 'demo',
      Endpoint: '127.0.0.1:1',
      SSLEnabled: 'false',
      PathFormat: 'orders/{yyyy}/{MM}/{dd}/{HH}',
      TimeZone: 'Asia/Shanghai',
      CompressionType: 'NONE',
      RotateIntervalMs: '60000',
      RotateSizeBytes: '67108864',
      ContentTransform: path('$.data'),
    },
  ],
  ['SinkMNSParameters', { QueueName: constant('elsewhere'), IsBase64Encode: constant('true') }],
  [
    'SinkSLSParameters',
    {
      Project: constant('p'),
      LogStore: constant('l'),
      Topic: template,
      Body: path('$.data'),
      RoleName: constant('r'),
      ContentType: constant('KeyValue'),
      ContentSchema: constant(contentSchema),
    },
  ],
  [
    'SinkHttpsParameters',
    { URL: constant('http://127.0.0.1:1/'), Body: path('$.data'), Method: 'PUT', Token: 't' },
  ],
  [
    'SinkApiDestinationParameters',
    { Name: 'api', HeaderParameters: template, QueryStringParameters: template, Timeout: 5 },
  ],
])('the connector takes what %s becomes', async (kind, members) => {
  await accepted(fromQueue, { [kind]: members })
})

test.each<[string, string, Members]>([
  [
    'mysql',
    '127.0.0.1:1',
    {
      ConnectionStringAndPort: constant('127.0.0.1:1'),
      DBName: constant('app'),
      AccountName: constant('u'),
      AccountPassword: constant('hidden-password'),
      Network: constant('PublicNetwork'),
      ExecuteSQL: template,
    },
  ],
  [
    'acs.rds.mysql',
    `acs:rds:cn-hangzhou:${account}:dbinstance/rm-1`,
    {
      InstanceId: constant('rm-1'),
      DBName: constant('app'),
      AccountName: constant('u'),
      AccountPassword: constant('hidden-password'),
      ExecuteSQL: path('$.data'),
      VpcId: constant('vpc-1'),
      VSwitchIds: constant('vsw-1'),
      SecurityGroupId: constant('sg-1'),
    },
  ],
  [
    'acs.rocketmq',
    `acs:mq:cn-hangzhou:${account}:/instances/MQ_INST_1/topic/t`,
    { InstanceId: constant('MQ_INST_1'), Topic: constant('t'), Body: path('$.data'), Properties: template },
  ],
  [
    'acs.rabbitmq',
    `acs:amqp:cn-hangzhou:${account}:/instances/amqp-cn-1/vhosts/v/exchanges/e`,
    {
      InstanceId: constant('amqp-cn-1'),
      Vhost: constant('v'),
      TargetType: constant('Exchange'),
      Exchange: constant('e'),
      RoutingKey: path('$.type'),
      Body: { Form: 'ORIGINAL' },
    },
  ],
  [
    'acs.alikafka',
    `acs:alikafka:cn-hangzhou:${account}:topics/t`,
    {
      InstanceId: constant('alikafka_post-cn-1'),
      Topic: constant('t'),
      Value: path('$.data'),
      Key: path('$.id'),
    },
  ],
  [
    'ApacheKafkaSelf',
    '127.0.0.1:1',
    {
      Bootstraps: constant('127.0.0.1:1'),
      Topic: constant('t'),
      SecurityProtocol: constant('SASL_PLAINTEXT'),
      SaslUser: constant('u'),
      SaslPassword: constant('hidden-password'),
      Value: path('$.data'),
    },
  ],
  [
    'acs.sls',
    `acs:sls:cn-hangzhou:${account}:project/p/logstore/l`,
    {
      Project: constant('p'),
      LogStore: constant('l'),
      RoleName: constant('eb-sls'),
      Topic: constant('orders'),
      ContentType: constant('KeyValue'),
      ContentSchema: constant(contentSchema),
    },
  ],
  [
    'acs.dingtalk',
    'http://127.0.0.1:1/robot/send?access_token=x',
    {
      URL: constant('http://127.0.0.1:1/robot/send?access_token=x'),
      SecretKey: constant('hidden-password'),
      Body: template,
    },
  ],
  [
    'acs.mail',
    `acs:mail:cn-hangzhou:${account}`,
    {
      Subject: constant('Alert'),
      AccountName: constant('noreply@m.example.com'),
      AddressType: constant('1'),
      ReplyToAddress: constant('false'),
      ToAddress: constant('ops@example.com'),
      IsHtmlBody: constant('false'),
      Body: template,
    },
  ],
  ['acs.api.destination', `acs:api-destination:cn-hangzhou:${account}:name/api`, { Name: constant('api') }],
])(
  'the connector takes what the target %s becomes, and reading gives it back',
  async (Type, Endpoint, members) => {
    const rule = { EventBusName: 'orders', RuleName: 'r' }
    const ParamList = Object.entries(members).map(([ResourceKey, value]) => ({
      ResourceKey,
      ...(value as Members),
    }))
    const put = await call('PutTargets', { ...rule, Targets: [{ Id: 't', Type, Endpoint, ParamList }] })
    expect(put['Data']).toMatchObject({ ErrorEntriesCount: 0 })
    const { Targets } = (await call('ListTargets', rule))['Data'] as { Targets: Members[] }
    expect(Targets[0]).toMatchObject({ Id: 't', Type, Endpoint })
    const own = await server.rest('GET', '/buses/orders/rules/r')
    expect(JSON.stringify([Targets, own.json])).not.toContain('hidden-password')
  },
)
