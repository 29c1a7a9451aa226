import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sdk } from '../eventbridge/fixture.ts'
import { account, type MnsServer, startMnsServer } from './fixture.ts'

let server: MnsServer

beforeAll(async () => {
  server = await startMnsServer()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function newQueue(name: string, attributes: Record<string, unknown> = {}): Promise<void> {
  expect((await server.mns['createQueue']?.(name, attributes))?.code).toBe(201)
}

/** Name and code of the error that a call must throw. */
async function failure(call: Promise<unknown> | undefined): Promise<string | undefined> {
  return await Promise.resolve(call).then(
    () => undefined,
    (thrown: Error) => thrown.name,
  )
}

function call(method: string, ...values: readonly unknown[]) {
  const run = server.mns[method]
  if (run === undefined) throw new Error(`the client has no ${method}`)
  return run.call(server.mns, ...values)
}

describe('queues of @alicloud/mns', () => {
  test('are created, once, and refused with other attributes', async () => {
    const attributes = { VisibilityTimeout: 60, DelaySeconds: 0, LoggingEnabled: 'True' }
    const created = await call('createQueue', 'made', attributes)
    expect(created).toMatchObject({ code: 201, headers: { location: `${server.url}/queues/made` } })
    expect((await call('createQueue', 'made', attributes)).code).toBe(204)
    expect(await failure(call('createQueue', 'made', { VisibilityTimeout: 61 }))).toBe(
      'MNSQueueAlreadyExistError',
    )
    expect(await failure(call('createQueue', 'made', { VisibilityTimeout: 43_201 }))).toBe(
      'MNSInvalidArgumentError',
    )
    expect(await failure(call('createQueue', '-made'))).toBe('MNSInvalidQueueNameError')
    expect(await failure(call('createQueue', 'a'.repeat(121)))).toBe('MNSQueueNameLengthErrorError')
  })

  test('tell and change their attributes', async () => {
    await newQueue('attributes', { VisibilityTimeout: 60 })
    expect((await call('setQueueAttributes', 'attributes', { PollingWaitSeconds: 10 })).code).toBe(204)
    const { code, body } = await call('getQueueAttributes', 'attributes')
    expect(code).toBe(200)
    expect(body).toMatchObject({
      QueueName: 'attributes',
      VisibilityTimeout: '60',
      MaximumMessageSize: '65536',
      MessageRetentionPeriod: '345600',
      DelaySeconds: '0',
      PollingWaitSeconds: '10',
      ActiveMessages: '0',
      InactiveMessages: '0',
      DelayMessages: '0',
      LoggingEnabled: 'False',
    })
    expect(Math.abs(Number(body.CreateTime) - Date.now() / 1_000)).toBeLessThan(60)
    expect(await failure(call('getQueueAttributes', 'nowhere'))).toBe('MNSQueueNotExistError')
    expect(await failure(call('setQueueAttributes', 'nowhere', {}))).toBe('MNSQueueNotExistError')
  })

  test('are listed by prefix, page by page, and deleted', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await newQueue(name)
    const first = await call('listQueue', undefined, 2, 'list-')
    expect(first.body.map(({ QueueURL }: { QueueURL: string }) => QueueURL)).toEqual([
      `${server.url}/queues/list-a`,
      `${server.url}/queues/list-b`,
    ])
    const marker = Buffer.from('list-b').toString('base64url')
    expect((await call('listQueue', marker, 2, 'list-')).body).toHaveLength(1)
    expect((await call('deleteQueue', 'list-a')).code).toBe(204)
    expect(await failure(call('deleteQueue', 'list-a'))).toBe('MNSQueueNotExistError')
    expect((await call('listQueue', undefined, 10, 'none-')).body).toBeUndefined()
  })
})

describe('messages of @alicloud/mns', () => {
  test('are sent, peeked at, received, kept hidden and deleted', async () => {
    await newQueue('one')
    const sent = await call('sendMessage', 'one', { MessageBody: 'aGVsbG8=', DelaySeconds: 0, Priority: 3 })
    expect(sent).toMatchObject({ code: 201, body: { MessageBodyMD5: '0733351879B2FA9BD05C7CA3061529C0' } })
    const peeked = await call('peekMessage', 'one')
    expect(peeked.body).toMatchObject({ MessageBody: 'aGVsbG8=', DequeueCount: '0', Priority: '3' })
    expect(peeked.body.ReceiptHandle).toBeUndefined()
    const { body } = await call('receiveMessage', 'one', 5)
    expect(body).toMatchObject({
      MessageId: sent.body.MessageId,
      MessageBody: 'aGVsbG8=',
      MessageBodyMD5: '0733351879B2FA9BD05C7CA3061529C0',
      DequeueCount: '1',
      Priority: '3',
    })
    const changed = await call('changeMessageVisibility', 'one', body.ReceiptHandle, 60)
    expect(Number(changed.body.NextVisibleTime)).toBeGreaterThan(Number(body.NextVisibleTime))
    expect(await failure(call('deleteMessage', 'one', body.ReceiptHandle))).toBe('MNSReceiptHandleErrorError')
    expect((await call('deleteMessage', 'one', changed.body.ReceiptHandle)).code).toBe(204)
    expect(await failure(call('deleteMessage', 'one', changed.body.ReceiptHandle))).toBe(
      'MNSMessageNotExistError',
    )
    expect(await failure(call('receiveMessage', 'one'))).toBe('MNSMessageNotExistError')
  })

  test('are sent, peeked at, received and deleted in batches', async () => {
    await newQueue('many')
    const bodies = Array.from({ length: 16 }, (_, index) => `m${index}`)
    const sent = await call(
      'batchSendMessage',
      'many',
      bodies.map(MessageBody => ({ MessageBody })),
    )
    expect(sent.code).toBe(201)
    expect(sent.body).toHaveLength(16)
    expect((await call('batchPeekMessage', 'many', 4)).body).toHaveLength(4)
    const received = await call('batchReceiveMessage', 'many', 16, 1)
    const messages = received.body as { MessageBody: string; ReceiptHandle: string }[]
    expect(messages.map(({ MessageBody }) => MessageBody)).toEqual(bodies)
    const handles = messages.map(({ ReceiptHandle }) => ReceiptHandle)
    const partly = await call('batchDeleteMessage', 'many', [...handles.slice(0, 3), 'wrong'])
    expect(partly).toMatchObject({ code: 404, body: [{ ErrorCode: 'ReceiptHandleError' }] })
    expect((await call('batchDeleteMessage', 'many', handles.slice(3))).code).toBe(204)
    expect((await call('getQueueAttributes', 'many')).body).toMatchObject({ InactiveMessages: '0' })
    expect(await failure(call('batchReceiveMessage', 'many', 17, 0))).toBe('MNSInvalidArgumentError')
  })

  test('wake a receive that waits', async () => {
    await newQueue('waiting')
    const waiting = call('receiveMessage', 'waiting', 20)
    await call('sendMessage', 'waiting', { MessageBody: 'now' })
    expect((await waiting).body.MessageBody).toBe('now')
  })

  test('that do not come end a receive when its time is over', async () => {
    await newQueue('nothing')
    expect(await failure(call('receiveMessage', 'nothing', 1))).toBe('MNSMessageNotExistError')
  })

  test('that are put off can be taken back before they are due', async () => {
    await newQueue('later')
    const { body } = await call('sendMessage', 'later', { MessageBody: 'x', DelaySeconds: 600 })
    expect((await call('getQueueAttributes', 'later')).body.DelayMessages).toBe('1')
    expect((await call('deleteMessage', 'later', body.ReceiptHandle)).code).toBe(204)
  })

  test('come with the properties that they were sent with', async () => {
    await newQueue('properties')
    await call('sendMessage', 'properties', {
      MessageBody: 'x',
      UserProperties: { PropertyValue: { Name: 'color', Value: 'red', Type: 'STRING' } },
    })
    const { body } = await call('receiveMessage', 'properties', 1)
    expect(body.UserProperties[0].PropertyValue).toEqual([{ Name: 'color', Value: 'red', Type: 'STRING' }])
  })

  test('are refused when they are too large, or no XML', async () => {
    await newQueue('limits', { MaximumMessageSize: 1_024 })
    expect(await failure(call('sendMessage', 'limits', { MessageBody: 'x'.repeat(1_025) }))).toBe(
      'MNSInvalidArgumentError',
    )
    expect(await failure(call('sendMessage', 'limits', { MessageBody: 'a & b' }))).toBe(
      'MNSMalformedXMLError',
    )
    expect(await failure(call('sendMessage', 'limits', { MessageBody: 'x', Priority: 17 }))).toBe(
      'MNSInvalidArgumentError',
    )
    expect(await failure(call('sendMessage', 'nowhere', { MessageBody: 'x' }))).toBe('MNSQueueNotExistError')
  })
})

describe('topics of @alicloud/mns', () => {
  test('are created, changed, read, listed and published to', async () => {
    const created = await call('createTopic', 't1', { MaximumMessageSize: 2_048 })
    expect(created).toMatchObject({ code: 201, headers: { location: `${server.url}/topics/t1` } })
    expect((await call('setTopicAttributes', 't1', { MaximumMessageSize: 65_536 })).code).toBe(204)
    expect((await call('getTopicAttributes', 't1')).body).toMatchObject({
      TopicName: 't1',
      MaximumMessageSize: '65536',
      MessageRetentionPeriod: '86400',
      MessageCount: '0',
      LoggingEnabled: 'False',
    })
    expect((await call('listTopic', undefined, 10, 't')).body).toEqual([
      { TopicURL: `${server.url}/topics/t1` },
    ])
    const published = await call('publishMessage', 't1', { MessageBody: 'aGk=', MessageTag: 'red' })
    expect(published.code).toBe(201)
    expect(published.body.MessageId).toMatch(/^[0-9A-F]+$/)
    expect(await failure(call('publishMessage', 'none', { MessageBody: 'x' }))).toBe('MNSTopicNotExistError')
  })
})

describe('rules of EventBridge', () => {
  test('send to queues', async () => {
    await newQueue('events')
    await server.rest('PUT', '/buses/b', {})
    const targets = [
      new sdk.TargetEntry({
        id: 'q',
        type: 'acs.mns.queue',
        endpoint: `acs:mns:cn-hangzhou:${account}:queues/events`,
        paramList: [
          { resourceKey: 'queue', form: 'CONSTANT', value: 'events' },
          { resourceKey: 'Body', form: 'JSONPATH', value: '$.data.name' },
          { resourceKey: 'IsBase64Encode', form: 'CONSTANT', value: 'true' },
        ],
      }),
    ]
    const rule = { eventBusName: 'b', ruleName: 'r', filterPattern: '{}', eventTargets: targets }
    await server.client.createRule(new sdk.CreateRuleRequest({ ...rule, targets }))
    await server.client.putEvents([
      new sdk.CloudEvent({
        id: '1',
        source: 's',
        type: 't',
        specversion: '1.0',
        datacontenttype: 'application/json',
        data: Buffer.from('{"name":"Ann"}'),
        extensions: { aliyuneventbusname: 'b' },
      }),
    ])
    const { body } = await call('receiveMessage', 'events', 5)
    expect(Buffer.from(body.MessageBody, 'base64').toString()).toBe('Ann')
    expect((await server.rest('GET', '/buses/b/rules/r')).json).toMatchObject({
      spec: { targets: [{ sink: { queue: 'events', encoding: 'base64' } }] },
    })
  })

  test('dead-letter into queues', async () => {
    await newQueue('dead')
    await server.rest('PUT', '/buses/d', {})
    const retry = { strategy: 'CUSTOM', retriesMax: 0, ageMsMax: 0, delayMsMin: 1, delayMsMax: 1 }
    const target = { id: 'x', sink: { connector: 'http', options: { url: 'http://127.0.0.1:1/' } } }
    const made = await server.rest('PUT', '/buses/d/rules/r', {
      pattern: {},
      targets: [{ ...target, retry, deadLetter: { queue: 'dead' } }],
    })
    expect(made.status).toBe(201)
    const refused = await server.rest('PUT', '/buses/d/rules/s', {
      pattern: {},
      targets: [{ ...target, deadLetter: { queue: 'nowhere' } }],
    })
    expect(refused.json).toMatchObject({ code: 'rule.sink-invalid' })
    await server.client.putEvents([
      new sdk.CloudEvent({
        id: 'lost-1',
        source: 's',
        type: 't',
        specversion: '1.0',
        datacontenttype: 'application/json',
        data: Buffer.from('{}'),
        extensions: { aliyuneventbusname: 'd' },
      }),
    ])
    const { body } = await call('receiveMessage', 'dead', 10)
    expect(JSON.parse(body.MessageBody)).toMatchObject({ id: 'lost-1' })
  })
})
