import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCatcher } from '../eventbridge/fixture.ts'
import { type Recorder, startRecorder } from './recorder.ts'
import {
  accessKeyId,
  accessKeySecret,
  account,
  loadAliMns,
  type MnsServer,
  startMnsServer,
} from './fixture.ts'

/**
 * This client knows the addresses of the vendor alone. A program brings it here by the setting for a proxy, as these
 * tests do: then requests name the whole URL, and the account stands in the host.
 */
const host = `http://${account}.mns.cn-hangzhou.aliyuncs.com`
const AliMNS = loadAliMns()

let server: MnsServer
let recorder: Recorder
// oxlint-disable-next-line no-explicit-any -- its types do not compile
let known: any

beforeAll(async () => {
  server = await startMnsServer()
  recorder = await startRecorder(server.url)
  process.env['HTTP_PROXY'] = recorder.url
  known = new AliMNS.Account(account, accessKeyId, accessKeySecret)
  known.setGA(false)
})

afterAll(async () => {
  delete process.env['HTTP_PROXY']
  await recorder[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return await Promise.resolve(call).then(
    () => undefined,
    thrown => thrown.Error?.Code ?? String(thrown),
  )
}

describe('queues', () => {
  test('are created, listed, changed, read and deleted', async () => {
    const mns = new AliMNS.MNS(known, 'hangzhou')
    expect(await mns.createP('q1', { VisibilityTimeout: 60 })).toBe(201)
    expect(await mns.createP('q1', { VisibilityTimeout: 60 })).toBe(204)
    expect(await codeOf(mns.createP('q1', { VisibilityTimeout: 61 }))).toBe('QueueAlreadyExist')
    expect(await mns.createP('q2')).toBe(201)
    const list = await mns.listP('q', 10)
    expect(list.Queues.Queue).toEqual([{ QueueURL: `${host}/queues/q1` }, { QueueURL: `${host}/queues/q2` }])
    const queue = new AliMNS.MQ('q1', known, 'hangzhou')
    expect(await queue.setAttrsP({ PollingWaitSeconds: 3 })).toBe(204)
    const { Queue } = await queue.getAttrsP()
    expect(Queue).toMatchObject({ QueueName: 'q1', VisibilityTimeout: '60', PollingWaitSeconds: '3' })
    expect(await mns.deleteP('q2')).toBe(204)
    expect(await codeOf(mns.deleteP('q2'))).toBe('QueueNotExist')
  })
})

describe('messages', () => {
  test('go one by one', async () => {
    await new AliMNS.MNS(known, 'hangzhou').createP('single')
    const queue = new AliMNS.MQ('single', known, 'hangzhou')
    const { Message: sent } = await queue.sendP('hello', 8, 0)
    expect(sent.MessageBodyMD5).toBe('0733351879B2FA9BD05C7CA3061529C0')
    expect((await queue.peekP()).Message).toMatchObject({ MessageBody: 'hello', MessageId: sent.MessageId })
    const { Message } = await queue.recvP(2)
    expect(Message).toMatchObject({ MessageBody: 'hello', DequeueCount: '1', Priority: '8' })
    const { ChangeVisibility } = await queue.reserveP(Message.ReceiptHandle, 30)
    expect(await codeOf(queue.deleteP(Message.ReceiptHandle))).toBe('ReceiptHandleError')
    expect(await codeOf(queue.deleteP('1-ab+/=='))).toBe('ReceiptHandleError')
    expect(await queue.deleteP(ChangeVisibility.ReceiptHandle)).toBe(204)
    expect(await codeOf(queue.recvP(1))).toBe('MessageNotExist')
  })

  test('go in batches', async () => {
    await new AliMNS.MNS(known, 'hangzhou').createP('batch')
    const queue = new AliMNS.MQBatch('batch', known, 'hangzhou')
    const sent = await queue.sendP([new AliMNS.Msg('a'), new AliMNS.Msg('b', 1), new AliMNS.Msg('c')])
    expect(sent.Messages.Message).toHaveLength(3)
    expect((await queue.peekP(2)).Messages.Message).toHaveLength(2)
    const { Messages } = await queue.recvP(1, 16)
    expect(Messages.Message.map(({ MessageBody }: { MessageBody: string }) => MessageBody)).toEqual([
      'b',
      'a',
      'c',
    ])
    const handles = Messages.Message.map(({ ReceiptHandle }: { ReceiptHandle: string }) => ReceiptHandle)
    expect(await queue.deleteP(handles)).toBe(204)
    expect(await codeOf(queue.deleteP(handles))).not.toBeUndefined()
  })

  test('come to a loop that receives until it is stopped', async () => {
    await new AliMNS.MNS(known, 'hangzhou').createP('loop')
    const queue = new AliMNS.MQ('loop', known, 'hangzhou')
    const got = new Promise(resolve => {
      queue.notifyRecv((failure: unknown, message: { Message: { MessageBody: string } } | undefined) => {
        if (failure || message === undefined) return false
        resolve(message.Message.MessageBody)
        return true
      }, 1)
    })
    await queue.sendP('looked for')
    expect(await got).toBe('looked for')
    await queue.notifyStopP()
    await expect.poll(async () => (await queue.getAttrsP()).Queue.InactiveMessages).toBe('0')
  })
})

describe('topics', () => {
  test('with their subscriptions are created, changed, read, listed and deleted', async () => {
    const mns = new AliMNS.MNSTopic(known, 'hangzhou')
    expect(await mns.createTopicP('t1', { MaximumMessageSize: 2_048 })).toBe(201)
    expect((await mns.listTopicP('t', 10)).Topics.Topic).toEqual({ TopicURL: `${host}/topics/t1` })
    const topic = new AliMNS.Topic('t1', known, 'hangzhou')
    expect(await topic.setAttrsP({ MaximumMessageSize: 4_096 })).toBe(204)
    expect((await topic.getAttrsP()).Topic).toMatchObject({ MaximumMessageSize: '4096', MessageCount: '0' })
    const subscribe = (strategy = AliMNS.Subscription.NotifyStrategy.BACKOFF_RETRY) =>
      topic.subscribeP('s1', 'http://127.0.0.1:9/notifications', strategy, 'SIMPLIFIED', 'red')
    expect(await subscribe()).toBe(201)
    expect(await subscribe()).toBe(204)
    expect(await codeOf(subscribe('EXPONENTIAL_DECAY_RETRY'))).toBe('SubscriptionAlreadyExist')
    expect(await codeOf(topic.subscribeP('s2', 'mail:directmail:a@b.test'))).toBe('EndpointInvalid')
    expect(await codeOf(topic.subscribeP('s2', `acs:mns:cn-hangzhou:${account}:queues/none`))).toBe(
      'QueueNotExist',
    )
    const subscription = new AliMNS.Subscription('s1', topic)
    expect(await subscription.setAttrsP({ NotifyStrategy: 'EXPONENTIAL_DECAY_RETRY' })).toBe(204)
    expect((await subscription.getAttrsP()).Subscription).toMatchObject({
      SubscriptionName: 's1',
      Subscriber: account,
      TopicOwner: account,
      TopicName: 't1',
      Endpoint: 'http://127.0.0.1:9/notifications',
      NotifyStrategy: 'EXPONENTIAL_DECAY_RETRY',
      NotifyContentFormat: 'SIMPLIFIED',
      FilterTag: 'red',
    })
    expect((await topic.listP('s', 10)).Subscriptions.Subscription).toEqual({
      SubscriptionURL: `${host}/topics/t1/subscriptions/s1`,
    })
    expect(await topic.unsubscribeP('s1')).toBe(204)
    expect(await codeOf(topic.unsubscribeP('s1'))).toBe('SubscriptionNotExist')
    expect(await mns.deleteTopicP('t1')).toBe(204)
    expect(await codeOf(topic.getAttrsP())).toBe('TopicNotExist')
  })

  test('push to URLs and queues what has the right tag', async () => {
    await using catcher = await startCatcher()
    const mns = new AliMNS.MNSTopic(known, 'hangzhou')
    await mns.createTopicP('news')
    await mns.createP('inbox')
    const topic = new AliMNS.Topic('news', known, 'hangzhou')
    await topic.subscribeP('web', catcher.url, 'BACKOFF_RETRY', 'XML', 'red')
    const endpoint = `acs:mns:cn-hangzhou:${account}:queues/inbox`
    await topic.subscribeP('queue', endpoint, 'BACKOFF_RETRY', 'SIMPLIFIED')
    await topic.publishP('blue news', true, 'blue')
    await topic.publishP('red news', true, 'red')
    const { text, headers } = await catcher.next()
    expect(text).toContain(`<Message>${Buffer.from('red news').toString('base64')}</Message>`)
    expect(text).toContain('<MessageTag>red</MessageTag>')
    expect(headers['x-mns-version']).toBe('2015-06-06')
    const queue = new AliMNS.MQBatch('inbox', known, 'hangzhou')
    await expect.poll(async () => (await queue.getAttrsP()).Queue.ActiveMessages).toBe('2')
    const { Messages } = await queue.recvP(1, 16)
    expect(Messages.Message.map(({ MessageBody }: { MessageBody: string }) => MessageBody).sort()).toEqual([
      'blue news',
      'red news',
    ])
  })
})

test('the table of the interface tells what became of every action', () => {
  expect(recorder.contradictions()).toEqual([])
})
