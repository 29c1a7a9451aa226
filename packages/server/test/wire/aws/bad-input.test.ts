import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsServer, errorOf, sdk, startAwsServer } from './fixture.ts'
import { type RequestChange, sendSigned } from './signing.ts'

let server: AwsServer
beforeAll(async () => {
  server = await startAwsServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const list = 'AWSEvents.ListEventBuses'

test('a request that is signed by hand is answered', async () => {
  expect(await sendSigned(server.url, list, '{}')).toEqual({ status: 200 })
})

describe('refused is', () => {
  const minute = 60_000
  test.each([
    ['an unknown key', { keyId: 'AKIDOTHER' }, 'UnrecognizedClientException'],
    ['a wrong secret', { secret: 'other' }, 'InvalidSignatureException'],
    ['an altered body', { body: '{ }' }, 'InvalidSignatureException'],
    [
      'another operation than was signed',
      { late: { 'x-amz-target': 'AWSEvents.PutEvents' } },
      'InvalidSignatureException',
    ],
    ['a signature for another service', { service: 's3' }, 'InvalidSignatureException'],
    ['a date that is too old', { atMs: Date.now() - 6 * minute }, 'InvalidSignatureException'],
    ['a date that is to come', { atMs: Date.now() + 6 * minute }, 'InvalidSignatureException'],
    [
      'an unsigned payload',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'InvalidSignatureException',
    ],
    ['a token of a session', { headers: { 'x-amz-security-token': 't' } }, 'UnrecognizedClientException'],
    ['no signature at all', { late: { authorization: '' } }, 'MissingAuthenticationTokenException'],
    ['another scheme', { late: { authorization: 'Bearer a.b' } }, 'MissingAuthenticationTokenException'],
    [
      'half a signature',
      { late: { authorization: 'AWS4-HMAC-SHA256 Credential=x' } },
      'IncompleteSignatureException',
    ],
    [
      'a signature of the other algorithm',
      { late: { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=x' } },
      'IncompleteSignatureException',
    ],
    [
      'a header that is sent and not signed',
      { late: { 'x-amz-content-sha256': 'x' } },
      'IncompleteSignatureException',
    ],
    ['no operation', { headers: { 'x-amz-target': undefined } }, 'UnknownOperationException'],
    [
      'an unknown operation',
      { headers: { 'x-amz-target': 'AWSEvents.Nothing' } },
      'UnknownOperationException',
    ],
    [
      'an operation of another service',
      { headers: { 'x-amz-target': 'DynamoDB.ListEventBuses' } },
      'UnknownOperationException',
    ],
    [
      'a name of every object',
      { headers: { 'x-amz-target': 'AWSEvents.constructor' } },
      'UnknownOperationException',
    ],
    ['a PUT', { method: 'PUT' }, 'UnknownOperationException'],
  ] satisfies [string, RequestChange, string][])('%s', async (_what, change, type) => {
    expect(await sendSigned(server.url, list, '{}', change)).toEqual({
      status: 400,
      type,
      message: expect.any(String),
    })
  })

  test('a query that carries the signature', async () => {
    const response = await fetch(`${server.url}/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00`, {
      method: 'POST',
      headers: { 'x-amz-target': list },
      body: '{}',
    })
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' })
  })

  test('a body that is too large, before it is read', async () => {
    const answer = await sendSigned(server.url, list, 'x'.repeat(9_000_000))
    expect(answer).toMatchObject({ status: 413, type: 'RequestEntityTooLargeException' })
  })

  test.each(['', 'no', '[]', 'null', '{"a":', '{"__proto__":{}}', '"\ud800"'])('the body %j', async body => {
    expect(await sendSigned(server.url, list, body)).toMatchObject({
      status: 400,
      type: 'SerializationException',
    })
  })
})

describe('a wrong type or value is told for', () => {
  test.each([
    ['ListEventBuses', { Limit: '5' }, 'SerializationException'],
    ['ListEventBuses', { Limit: 0 }, 'ValidationException'],
    ['ListEventBuses', { Limit: 101 }, 'ValidationException'],
    ['ListEventBuses', { NamePrefix: 5 }, 'SerializationException'],
    ['ListEventBuses', { NextToken: '' }, 'ValidationException'],
    ['CreateEventBus', {}, 'ValidationException'],
    ['CreateEventBus', { Name: 5 }, 'SerializationException'],
    ['CreateEventBus', { Name: 'a b' }, 'ValidationException'],
    ['CreateEventBus', { Name: '-a' }, 'ValidationException'],
    ['CreateEventBus', { Name: 'a', Tags: 'x' }, 'SerializationException'],
    ['CreateEventBus', { Name: 'a', Tags: [{ Key: 'k' }] }, 'ValidationException'],
    ['CreateEventBus', { Name: 'a', Description: 'x'.repeat(513) }, 'ValidationException'],
    ['PutRule', { Name: {}, EventPattern: '{"a":[1]}' }, 'SerializationException'],
    ['PutRule', { Name: 'a', EventPattern: { a: [1] } }, 'SerializationException'],
    ['PutRule', { Name: 'a', EventPattern: '{"a":[1]}', State: 'ON' }, 'ValidationException'],
    ['PutRule', { Name: 'a', EventPattern: `{"a":["${'x'.repeat(4_100)}"]}` }, 'ValidationException'],
    ['PutTargets', { Rule: 'a', Targets: {} }, 'SerializationException'],
    ['PutTargets', { Rule: 'a', Targets: [] }, 'ValidationException'],
    ['PutTargets', { Rule: 'a', Targets: [{ Id: 'x' }] }, 'ValidationException'],
    ['PutTargets', { Rule: 'a', Targets: [{ Id: 'x', Arn: 5 }] }, 'SerializationException'],
    ['RemoveTargets', { Rule: 'a', Ids: [5] }, 'SerializationException'],
    ['PutEvents', { Entries: {} }, 'SerializationException'],
    ['PutEvents', { Entries: ['x'] }, 'SerializationException'],
    ['PutEvents', { Entries: [{ Time: '2026-01-01T00:00:00Z' }] }, 'SerializationException'],
    ['PutEvents', { Entries: [{ Resources: 'x' }] }, 'SerializationException'],
    ['StartReplay', { ReplayName: 'a', EventStartTime: 'now' }, 'SerializationException'],
    ['CreateArchive', { ArchiveName: 'x'.repeat(49), EventSourceArn: 'a' }, 'ValidationException'],
    ['CreateArchive', { ArchiveName: 'x', EventSourceArn: 'arn:aws:s3:::b' }, 'ValidationException'],
    ['CreateConnection', { Name: 'a', AuthorizationType: 'NONE', AuthParameters: {} }, 'ValidationException'],
    ['CreateApiDestination', { Name: 'a', InvocationRateLimitPerSecond: 1.5 }, 'SerializationException'],
    ['TagResource', { ResourceARN: 'x', Tags: [] }, 'ValidationException'],
    [
      'DescribeEventBus',
      { Name: 'arn:aws:events:us-east-1:999999999999:event-bus/x' },
      'ValidationException',
    ],
  ])('%s with %j', async (operation, input, type) => {
    const answer = await sendSigned(server.url, `AWSEvents.${operation}`, JSON.stringify(input))
    expect(answer).toMatchObject({ status: 400, type })
  })

  test('nothing that is null', async () => {
    const body = '{"NamePrefix":null,"Limit":null}'
    expect(await sendSigned(server.url, list, body)).toEqual({ status: 200 })
  })
})

describe('the client', () => {
  test('sees a wrong secret as an error of the service', async () => {
    const client = server.clientWith({
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wrong' },
    })
    expect(await errorOf(client.send(new sdk.ListEventBusesCommand({})))).toBe('InvalidSignatureException')
    client.destroy()
  })

  test('whose clock was set wrong learns the time from the date of the refusal', async () => {
    const client = server.clientWith({ systemClockOffset: 3_600_000 })
    expect(await errorOf(client.send(new sdk.ListEventBusesCommand({})))).toBe('InvalidSignatureException')
    const { EventBuses } = await client.send(new sdk.ListEventBusesCommand({}))
    expect(EventBuses).toMatchObject([{ Name: 'default' }])
    client.destroy()
  })

  test('can be given a path', async () => {
    const client = server.clientWith({ endpoint: `${server.url}/aws/v1` })
    const { $metadata } = await client.send(new sdk.ListEventBusesCommand({}))
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
    client.destroy()
  })
})
