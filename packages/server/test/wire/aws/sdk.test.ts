import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  account,
  arn,
  type AwsServer,
  errorOf,
  operationsOf,
  queueArn,
  region,
  startAwsServer,
} from './fixture.ts'
import { allowing, putRole } from '../roles.ts'

let server: AwsServer

beforeAll(async () => {
  server = await startAwsServer()
  await server.rest('PUT', '/queues/first', {})
  await server.rest('PUT', '/queues/second', {})
  await server.rest('PUT', '/queues/dead', {})
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const send: AwsServer['send'] = (command, input) => server.send(command, input)

const entry = { Source: 'shop.orders', DetailType: 'OrderPaid', Detail: '{"id":7,"note":"café"}' }

describe('buses', () => {
  test('are made, told, changed and deleted', async () => {
    const made = await send('CreateEventBus', {
      Name: 'lab',
      Description: 'd'.repeat(300),
      DeadLetterConfig: { Arn: queueArn('dead') },
      Tags: [{ Key: 'team', Value: 'a' }],
    })
    expect(made['EventBusArn']).toBe(arn('event-bus/lab'))
    expect(await errorOf(send('CreateEventBus', { Name: 'lab' }))).toBe('ResourceAlreadyExistsException')
    expect(await send('DescribeEventBus', { Name: arn('event-bus/lab') })).toMatchObject({
      Name: 'lab',
      Arn: arn('event-bus/lab'),
      Description: 'd'.repeat(300),
      DeadLetterConfig: { Arn: queueArn('dead') },
      CreationTime: expect.any(Date),
    })
    await send('UpdateEventBus', { Name: 'lab', Description: 'short' })
    expect(await send('DescribeEventBus', { Name: 'lab' })).toMatchObject({ Description: 'short' })
    const { EventBuses } = await send('ListEventBuses')
    expect(EventBuses.map(({ Name }: { Name: string }) => Name)).toEqual(['default', 'lab'])
    await send('CreateEventBus', { Name: 'gone' })
    await send('DeleteEventBus', { Name: 'gone' })
    await send('DeleteEventBus', { Name: 'gone' })
    expect(await errorOf(send('DescribeEventBus', { Name: 'gone' }))).toBe('ResourceNotFoundException')
    expect(await errorOf(send('DeleteEventBus', { Name: 'default' }))).toBe('ValidationException')
    expect(await errorOf(send('CreateEventBus', { Name: 'default' }))).toBe('ResourceAlreadyExistsException')
    expect(await errorOf(send('CreateEventBus', { Name: 'aws-default' }))).toBe(
      'ResourceAlreadyExistsException',
    )
  })

  test('are listed page by page', async () => {
    const first = await send('ListEventBuses', { Limit: 1 })
    const second = await send('ListEventBuses', { Limit: 1, NextToken: first['NextToken'] })
    expect(first['EventBuses']).toHaveLength(1)
    expect(second['EventBuses']).toMatchObject([{ Name: 'lab' }])
    expect(second['NextToken']).toBeUndefined()
    expect(await errorOf(send('ListEventBuses', { NextToken: 'mine' }))).toBe('ValidationException')
  })

  test('keep permissions', async () => {
    const permission = { EventBusName: 'lab', Action: 'events:PutEvents', Principal: '444455556666' }
    await send('PutPermission', { ...permission, StatementId: 'one' })
    await send('PutPermission', { ...permission, StatementId: 'two', Principal: '*' })
    const { Policy } = await send('DescribeEventBus', { Name: 'lab' })
    expect(JSON.parse(Policy)).toMatchObject({
      Statement: [{ Sid: 'one', Principal: { AWS: 'arn:aws:iam::444455556666:root' } }, { Sid: 'two' }],
    })
    await send('RemovePermission', { EventBusName: 'lab', StatementId: 'one' })
    expect(await errorOf(send('RemovePermission', { EventBusName: 'lab', StatementId: 'one' }))).toBe(
      'ResourceNotFoundException',
    )
    await send('RemovePermission', { EventBusName: 'lab', RemoveAllPermissions: true })
    expect(await send('DescribeEventBus', { Name: 'lab' })).not.toHaveProperty('Policy')
  })

  test('and rules keep tags', async () => {
    const ResourceARN = arn('event-bus/lab')
    await send('TagResource', { ResourceARN, Tags: [{ Key: 'stage', Value: 'x' }] })
    await send('UntagResource', { ResourceARN, TagKeys: ['team'] })
    expect(await send('ListTagsForResource', { ResourceARN })).toMatchObject({
      Tags: [{ Key: 'stage', Value: 'x' }],
    })
    expect(await errorOf(send('ListTagsForResource', { ResourceARN: arn('rule/none') }))).toBe(
      'ResourceNotFoundException',
    )
  })
})

describe('rules', () => {
  const EventPattern =
    '{"source": ["shop.orders"], "resources": [{"prefix": "arn:"}], "account": ["111122223333"]}'

  test('are written, told as they were written, replaced and switched', async () => {
    await putRole(server, 'r', allowing({ Action: 'fc:InvokeFunction' }))
    const made = await send('PutRule', {
      Name: 'paid',
      EventBusName: 'lab',
      EventPattern,
      RoleArn: 'arn:aws:iam::111122223333:role/r',
      Tags: [{ Key: 'a', Value: 'b' }],
    })
    expect(made['RuleArn']).toBe(arn('rule/lab/paid'))
    expect(await send('DescribeRule', { Name: 'paid', EventBusName: 'lab' })).toMatchObject({
      Name: 'paid',
      Arn: arn('rule/lab/paid'),
      EventPattern,
      State: 'ENABLED',
      RoleArn: 'arn:aws:iam::111122223333:role/r',
      EventBusName: 'lab',
      CreatedBy: account,
    })
    expect(await send('ListTagsForResource', { ResourceARN: arn('rule/lab/paid') })).toMatchObject({
      Tags: [{ Key: 'a', Value: 'b' }],
    })
    await send('DisableRule', { Name: 'paid', EventBusName: 'lab' })
    expect(await send('ListRules', { EventBusName: 'lab', NamePrefix: 'pa' })).toMatchObject({
      Rules: [{ Name: 'paid', State: 'DISABLED' }],
    })
    await send('EnableRule', { Name: 'paid', EventBusName: 'lab' })
    await send('PutRule', { Name: 'paid', EventBusName: 'lab', EventPattern: '{"source":["x"]}' })
    const replaced = await send('DescribeRule', { Name: 'paid', EventBusName: 'lab' })
    expect(replaced).toMatchObject({ EventPattern: '{"source":["x"]}', State: 'ENABLED' })
    expect(replaced).not.toHaveProperty('RoleArn')
  })

  test('of the default bus have no bus in their name', async () => {
    const { RuleArn } = await send('PutRule', { Name: 'all', EventPattern: '{"version":["0"]}' })
    expect(RuleArn).toBe(arn('rule/all'))
    expect((await server.rest('GET', '/buses/aws-default/rules/all')).json).toMatchObject({
      spec: { pattern: {} },
    })
    await send('DeleteRule', { Name: 'all' })
    await send('DeleteRule', { Name: 'all' })
    expect(await errorOf(send('DescribeRule', { Name: 'all' }))).toBe('ResourceNotFoundException')
  })

  test.each([
    ['a pattern that is none', { EventPattern: '{"source":"x"}' }, 'InvalidEventPatternException'],
    ['an empty pattern', { EventPattern: '{}' }, 'InvalidEventPatternException'],
    ['no pattern', {}, 'ValidationException'],
    ['a schedule on a custom bus', { ScheduleExpression: 'rate(5 minutes)' }, 'ValidationException'],
    [
      'a schedule that is none',
      { EventBusName: 'default', ScheduleExpression: 'rate(7 minutes)' },
      'ValidationException',
    ],
    ['another bus', { EventBusName: 'none', EventPattern }, 'ResourceNotFoundException'],
    ['a name with blanks', { Name: 'a b', EventPattern }, 'ValidationException'],
  ])('are refused with %s', async (_what, input, name) => {
    expect(await errorOf(send('PutRule', { Name: 'bad', EventBusName: 'lab', ...input }))).toBe(name)
  })

  test('with a schedule have a stream that publishes for them', async () => {
    const ScheduleExpression = 'cron(0/5 8-17 ? * MON-FRI *)'
    await send('PutRule', { Name: 'tick', ScheduleExpression, State: 'DISABLED' })
    const described = await send('DescribeRule', { Name: 'tick' })
    expect(described).toMatchObject({ ScheduleExpression, State: 'DISABLED' })
    expect(described).not.toHaveProperty('EventPattern')
    const stream = async () => (await server.rest('GET', '/streams/aws-schedule-tick')).json
    expect(await stream()).toMatchObject({
      spec: { paused: true, source: { options: { schedule: '0 0-59/5 8-17 * * MON-FRI' } } },
    })
    await send('EnableRule', { Name: 'tick' })
    const { spec } = await stream()
    expect(spec).toMatchObject({ paused: false })

    const event = { specversion: '1.0', id: 'f-1', source: 's', type: 't', time: '2026-11-23T08:05:00Z' }
    const made = await server.rest('POST', '/test-transform', { event, transform: spec.transform })
    await send('PutTargets', { Rule: 'tick', Targets: [{ Id: 'q', Arn: queueArn('second') }] })
    await server.publish('aws-default', made.json['text'])
    expect(JSON.parse(await server.received('second'))).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: [arn('rule/tick')],
      time: '2026-11-23T08:05:00Z',
      detail: {},
    })

    const EventPattern = '{"source":["shop.orders"]}'
    await send('PutRule', { Name: 'tick', ScheduleExpression: 'rate(1 day)', EventPattern })
    expect(await send('DescribeRule', { Name: 'tick' })).toMatchObject({
      ScheduleExpression: 'rate(1 day)',
      EventPattern,
    })
    await send('RemoveTargets', { Rule: 'tick', Ids: ['q'] })
    await send('DeleteRule', { Name: 'tick' })
    expect((await server.rest('GET', '/streams/aws-schedule-tick')).status).toBe(404)
  })

  test('of another interface are told in the words of this one', async () => {
    await server.rest('PUT', '/buses/lab/rules/rest', {
      pattern: { type: ['t'], data: { a: [1] } },
      targets: [{ id: 'q', sink: { queue: 'second' } }],
    })
    expect(await send('DescribeRule', { Name: 'rest', EventBusName: 'lab' })).toMatchObject({
      EventPattern: '{"detail-type":["t"],"detail":{"a":[1]}}',
    })
    expect(await send('ListTargetsByRule', { Rule: 'rest', EventBusName: 'lab' })).toMatchObject({
      Targets: [{ Id: 'q', Arn: queueArn('second') }],
    })
    await server.rest('DELETE', '/buses/lab/rules/rest')
  })

  test('can be tried', async () => {
    const event = {
      id: '1',
      account,
      source: 's',
      time: '2026-11-23T17:29:58Z',
      region,
      resources: [],
      'detail-type': 't',
      detail: { a: 5 },
    }
    const tried = (pattern: object): Promise<unknown> =>
      send('TestEventPattern', { EventPattern: JSON.stringify(pattern), Event: JSON.stringify(event) })
    expect(await tried({ detail: { a: [5] } })).toMatchObject({ Result: true })
    expect(await tried({ detail: { a: ['5'] } })).toMatchObject({ Result: false })
    expect(await errorOf(tried({ detail: {} }))).toBe('InvalidEventPatternException')
    expect(await errorOf(send('TestEventPattern', { EventPattern: '{"a":[1]}', Event: '{}' }))).toBe(
      'ValidationException',
    )
  })
})

describe('events', () => {
  test('reach a queue in the shape of this interface, by the default bus', async () => {
    await send('PutRule', { Name: 'orders', EventPattern: '{"detail":{"id":[7]}}' })
    await send('PutTargets', { Rule: 'orders', Targets: [{ Id: 'q', Arn: queueArn('first') }] })
    const { FailedEntryCount, Entries } = await send('PutEvents', {
      Entries: [{ ...entry, Time: new Date('2026-11-23T17:29:58.750Z'), Resources: ['arn:aws:s3:::b'] }],
    })
    expect(FailedEntryCount).toBe(0)
    expect(JSON.parse(await server.received('first'))).toEqual({
      version: '0',
      id: Entries[0].EventId,
      'detail-type': 'OrderPaid',
      source: 'shop.orders',
      account,
      time: '2026-11-23T17:29:58Z',
      region,
      resources: ['arn:aws:s3:::b'],
      detail: { id: 7, note: 'café' },
    })
  })

  test('of another road reach it, too, in the same shape', async () => {
    await server.publish(
      'aws-default',
      '{"specversion":"1.0","id":"o-1","source":"/s","type":"t","subject":"x","time":"2026-01-02T03:04:05.678Z","data":{"id":7}}',
    )
    expect(JSON.parse(await server.received('first'))).toEqual({
      version: '0',
      id: 'o-1',
      'detail-type': 't',
      source: '/s',
      account,
      time: '2026-01-02T03:04:05Z',
      region,
      resources: ['x'],
      detail: { id: 7 },
    })
  })

  test('are answered one by one, in their order', async () => {
    const { FailedEntryCount, Entries } = await send('PutEvents', {
      Entries: [
        { ...entry, EventBusName: arn('event-bus/lab') },
        { ...entry, EventBusName: 'none' },
        { ...entry, Detail: '[1]' },
        { ...entry, Detail: '{' },
        { ...entry, Source: 'aws.ec2' },
        { ...entry, Source: '[' },
        { ...entry, DetailType: 'x'.repeat(129) },
        { Source: 's', DetailType: 't' },
        { ...entry, EventBusName: 'lab', Resources: ['a', 'b'], TraceHeader: 'Root=1-x' },
      ],
    })
    expect(FailedEntryCount).toBe(7)
    expect(Entries.map(({ ErrorCode }: { ErrorCode?: string }) => ErrorCode)).toEqual([
      undefined,
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
      'InvalidArgument',
      'InvalidArgument',
      undefined,
    ])
  })

  test.each([
    ['there are none', []],
    ['there are more than ten', Array.from({ length: 11 }, () => entry)],
    ['none is complete', [{ Source: 'a' }, { Detail: '{}' }]],
    ['they are too large together', [{ ...entry, Detail: JSON.stringify({ a: 'x'.repeat(1_048_576) }) }]],
  ])('are refused together when %s', async (_what, Entries) => {
    expect(await errorOf(send('PutEvents', { Entries }))).toBe('ValidationException')
  })

  test('of nearly a mebibyte are taken', async () => {
    const Detail = JSON.stringify({ a: 'x'.repeat(1_048_000) })
    expect(await send('PutEvents', { Entries: [{ ...entry, Detail }] })).toMatchObject({
      FailedEntryCount: 0,
    })
  })
})

test('what does not exist here is refused with an error of the service', async () => {
  const Name = 'x'
  const inputs: Record<string, Record<string, unknown>> = {
    CreateEndpoint: { Name, RoutingConfig: {}, EventBuses: [] },
    UpdateEndpoint: { Name },
    DescribeEndpoint: { Name },
    DeleteEndpoint: { Name },
    ListEndpoints: {},
    CreatePartnerEventSource: { Name, Account: account },
    DeletePartnerEventSource: { Name, Account: account },
    DescribePartnerEventSource: { Name },
    ListPartnerEventSources: { NamePrefix: Name },
    ListPartnerEventSourceAccounts: { EventSourceName: Name },
    PutPartnerEvents: { Entries: [] },
    ActivateEventSource: { Name },
    DeactivateEventSource: { Name },
    DescribeEventSource: { Name },
    ListEventSources: {},
  }
  for (const [command, input] of Object.entries(inputs)) {
    expect(await errorOf(send(command, input))).toBe('OperationDisabledException')
  }
})

test('the table of actions tells what this client was answered', () => {
  expect(server.contradictions(operationsOf.core)).toEqual([])
})
