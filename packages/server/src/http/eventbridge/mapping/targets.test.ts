import { describe, expect, test } from 'vitest'
import { constant, context, sourceOf } from './mapping.fixture.ts'
import { Members, parametersOf } from './members.ts'
import { targetMapping } from './tables.ts'

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
