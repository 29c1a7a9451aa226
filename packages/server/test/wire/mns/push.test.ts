import { createHash, createVerify, X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushStringToSign } from '../../../src/http/mns/index.ts'
import { startCatcher } from '../eventbridge/fixture.ts'
import { account, type MnsServer, startMnsServer } from './fixture.ts'

let server: MnsServer

beforeAll(async () => {
  server = await startMnsServer()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function subscribe(topic: string, endpoint: string, format: string): Promise<void> {
  await server.send('PUT', `/topics/${topic}`)
  const body = `<Subscription><Endpoint>${endpoint}</Endpoint><NotifyContentFormat>${format}</NotifyContentFormat></Subscription>`
  const { status } = await server.send('PUT', `/topics/${topic}/subscriptions/s`, { body })
  expect(status).toBe(201)
}

async function publish(topic: string, body: string, tag: string): Promise<string> {
  const text = `<Message><MessageBody>${body}</MessageBody><MessageTag>${tag}</MessageTag></Message>`
  const answer = await server.send('POST', `/topics/${topic}/messages`, { body: text })
  expect(answer.status).toBe(201)
  return /<MessageId>(\w+)</.exec(answer.text)?.[1] ?? ''
}

/** What a receiver does to know whose a push is: fetch the certificate, check the signature over what was received. */
async function checkSignature(headers: IncomingHttpHeaders, body: string, path: string): Promise<boolean> {
  const url = Buffer.from(String(headers['x-mns-signing-cert-url']), 'base64').toString()
  const certificate = new X509Certificate(await (await fetch(url)).text())
  const text = pushStringToSign({
    digest: String(headers['content-md5']),
    contentType: String(headers['content-type']),
    date: String(headers.date),
    headers: headers as Record<string, string>,
    path,
  })
  const digest = Buffer.from(createHash('md5').update(body).digest('hex')).toString('base64')
  expect(headers['content-md5']).toBe(digest)
  const verify = createVerify('sha1').update(text)
  return verify.verify(certificate.publicKey, String(headers.authorization), 'base64')
}

test.each([
  ['XML', 'text/xml;charset=utf-8'],
  ['JSON', 'application/json;charset=utf-8'],
  ['SIMPLIFIED', 'text/plain;charset=utf-8'],
])('a push as %s has its envelope, its headers and a signature that can be checked', async (format, type) => {
  await using catcher = await startCatcher()
  const topic = `t-${format}`
  await subscribe(topic, `${catcher.url}?a=b`, format)
  const id = await publish(topic, 'aGVsbG8=', 'red')
  const { text, headers } = await catcher.next()

  expect(headers['content-type']).toBe(type)
  expect(await checkSignature(headers, text, '/in?a=b')).toBe(true)
  expect(await checkSignature({ ...headers, date: 'x' }, text, '/in?a=b')).toBe(false)
  const members = {
    TopicOwner: account,
    TopicName: topic,
    Subscriber: account,
    SubscriptionName: 's',
    MessageId: id,
    Message: 'aGVsbG8=',
    MessageMD5: '0733351879B2FA9BD05C7CA3061529C0',
    MessageTag: 'red',
  }
  if (format === 'SIMPLIFIED') {
    expect(text).toBe('aGVsbG8=')
    expect(headers).toMatchObject({ 'x-mns-message-id': id, 'x-mns-message-tag': 'red' })
  } else if (format === 'JSON') {
    const { PublishTime, ...others } = JSON.parse(text) as Record<string, string>
    expect(others).toEqual(members)
    expect(Math.abs(Number(PublishTime) - Date.now())).toBeLessThan(60_000)
  } else {
    for (const [name, value] of Object.entries(members)) expect(text).toContain(`<${name}>${value}</${name}>`)
  }
})

test('a subscription gets nothing that was published before it, and nothing once it has ended', async () => {
  await using catcher = await startCatcher()
  await server.send('PUT', '/topics/late')
  await publish('late', 'before', 'a')
  await subscribe('late', catcher.url, 'SIMPLIFIED')
  await publish('late', 'during', 'a')
  expect((await catcher.next()).text).toBe('during')
  await server.send('DELETE', '/topics/late/subscriptions/s')
  await publish('late', 'after', 'a')
  await subscribe('late', catcher.url, 'SIMPLIFIED')
  await publish('late', 'again', 'a')
  expect((await catcher.next()).text).toBe('again')
})

test('what cannot be pushed is counted until it is, and pushed again', async () => {
  await subscribe('stuck', 'http://127.0.0.1:1/', 'SIMPLIFIED')
  await publish('stuck', 'x', 'a')
  const count = async (): Promise<string | undefined> =>
    /<MessageCount>(\d+)</.exec((await server.send('GET', '/topics/stuck')).text)?.[1]
  await expect.poll(count).toBe('1')
  await server.send('DELETE', '/topics/stuck')
  expect((await server.send('GET', '/topics/stuck')).code).toBe('TopicNotExist')
})

test('a topic can be the target of a rule', async () => {
  await using catcher = await startCatcher()
  await subscribe('events', catcher.url, 'SIMPLIFIED')
  await server.rest('PUT', '/buses/b', {})
  const transform = { form: 'CONSTANT', value: 'from the bus' }
  const targets = [{ id: 't', sink: { topic: 'events' }, transform }]
  expect((await server.rest('PUT', '/buses/b/rules/r', { pattern: {}, targets })).status).toBe(201)
  const event = new (await import('../eventbridge/fixture.ts')).sdk.CloudEvent({
    id: '1',
    source: 's',
    type: 't',
    datacontenttype: 'application/json',
    data: Buffer.from('{}'),
    extensions: { aliyuneventbusname: 'b' },
  })
  await server.client.putEvents([event])
  expect((await catcher.next()).text).toBe('from the bus')
})
