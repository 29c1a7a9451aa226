import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowing, putRole, trustOf, userKey } from '../roles.ts'
import { account, type AwsServer, errorOf, queueArn, sdk, startAwsServer } from './fixture.ts'

/** `RoleArn` of rules and targets, by the vendor's client: what is asked of a role, and that it holds at each delivery. */
let server: AwsServer

const roleArn = (name: string): string => `arn:aws:iam::${account}:role/service-role/${name}`
const sending = (queue: string) => ({
  Action: 'mns:SendMessage',
  Resource: `acs:mns:*:*:/queues/${queue}/messages`,
})
const place = { Rule: 'paid', EventBusName: 'lab' }
const target = {
  Id: 'jobs',
  Arn: queueArn('jobs'),
  RoleArn: roleArn('courier'),
  Input: '"paid"',
  DeadLetterConfig: { Arn: queueArn('dead') },
  RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
}

beforeAll(async () => {
  server = await startAwsServer()
  for (const queue of ['jobs', 'dead']) await server.rest('PUT', `/queues/${queue}`, {})
  await server.send('CreateEventBus', { Name: 'lab' })
  await server.send('PutRule', { Name: 'paid', EventBusName: 'lab', EventPattern: '{"source":["shop"]}' })
  await putRole(server, 'courier', allowing(sending('jobs')))
  await putRole(server, 'elsewhere', allowing(sending('other')))
  await putRole(server, 'of-functions', allowing(sending('jobs')), trustOf('fc.aliyuncs.com'))
})
afterAll(() => server[Symbol.asyncDispose]())

function publish(): Promise<unknown> {
  const entry = { Source: 'shop', DetailType: 'Paid', Detail: '{}', EventBusName: 'lab' }
  return server.send('PutEvents', { Entries: [entry] })
}

test.each([
  ['that is not there', roleArn('none'), 'ValidationException'],
  ['that trusts other services', roleArn('of-functions'), 'ValidationException'],
  ['of another account', 'arn:aws:iam::444455556666:role/courier', 'ValidationException'],
  ['that is not named by an ARN of one', queueArn('courier'), 'ValidationException'],
  ['that may not do what the target needs', roleArn('elsewhere'), 'AccessDeniedException'],
])('a role %s is refused', async (_what, RoleArn, code) => {
  expect(await errorOf(server.send('PutTargets', { ...place, Targets: [{ ...target, RoleArn }] }))).toBe(code)
  expect((await server.send('ListTargetsByRule', place))['Targets']).toEqual([])
})

test('a target is used by its role, whatever becomes of that, and its dead letter is not', async () => {
  await server.send('PutTargets', { ...place, Targets: [target] })
  expect((await server.send('ListTargetsByRule', place))['Targets']).toEqual([target])
  await publish()
  expect(await server.received('jobs')).toBe('"paid"')

  await server.rest('PUT', '/policies/courier', allowing(sending('other')))
  await publish()
  expect(await server.received('dead')).toContain('role.insufficient')
  await server.rest('PUT', '/policies/courier', allowing(sending('jobs')))
  await publish()
  expect(await server.received('jobs')).toBe('"paid"')
})

test('the role of a rule is that of targets without one', async () => {
  const rule = { Name: 'bound', EventBusName: 'lab', EventPattern: '{"source":["shop.bound"]}' }
  const RoleArn = roleArn('courier')
  await server.send('PutRule', { ...rule, RoleArn })
  expect(await server.send('DescribeRule', { Name: 'bound', EventBusName: 'lab' })).toMatchObject({ RoleArn })
  const other = { Id: 'dead', Arn: queueArn('dead') }
  const put = server.send('PutTargets', { ...place, Rule: 'bound', Targets: [other] })
  expect(await errorOf(put)).toBe('AccessDeniedException')

  // What another interface has said is told here, and not taken away by who does not know of it.
  await server.rest('PUT', '/buses/lab/rules/theirs', { pattern: { source: ['x'] }, role: 'courier' })
  await server.send('PutRule', { ...rule, Name: 'theirs' })
  expect(await server.send('DescribeRule', { Name: 'theirs', EventBusName: 'lab' })).toMatchObject({
    RoleArn: `arn:aws:iam::${account}:role/courier`,
  })
})

test('to give a rule or target a role needs ram:PassRole', async () => {
  const writing = { Action: 'eventbridge:*' }
  const passing = { Action: 'ram:PassRole', Resource: 'acs:ram:*:*:role/courier' }
  const clientOf = async (name: string, policy: object) => {
    const { accessKeyId, accessKeySecret: secretAccessKey } = await userKey(server, name, policy)
    return server.clientWith({ credentials: { accessKeyId, secretAccessKey } })
  }
  const writer = await clientOf('writer', allowing(writing))
  const passer = await clientOf('passer', allowing(writing, passing))
  await server.send('PutRule', { Name: 'free', EventBusName: 'lab', EventPattern: '{"source":["free"]}' })
  const commands = () => [
    new sdk.PutTargetsCommand({ ...place, Rule: 'free', Targets: [target] }),
    new sdk.PutRuleCommand({
      Name: 'theirs',
      EventBusName: 'lab',
      EventPattern: '{"source":["y"]}',
      RoleArn: roleArn('courier'),
    }),
  ]
  for (const command of commands()) {
    expect(await errorOf(writer.send(command as never))).toBe('AccessDeniedException')
  }
  for (const command of commands()) expect(await errorOf(passer.send(command as never))).toBeUndefined()
})
