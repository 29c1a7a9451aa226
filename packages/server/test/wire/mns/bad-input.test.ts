import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessKeyId, type MnsServer, type RawOptions, startMnsServer } from './fixture.ts'

let server: MnsServer

beforeAll(async () => {
  server = await startMnsServer()
  await server.send('PUT', '/queues/q')
  await server.send('PUT', '/topics/t')
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function refusal(method: string, target: string, options?: RawOptions): Promise<string> {
  const { status, code, text, headers } = await server.send(method, target, options)
  for (const element of ['Code', 'Message', 'RequestId', 'HostId']) expect(text).toContain(`<${element}>`)
  expect(headers.get('content-type')).toBe('text/xml;charset=utf-8')
  expect(text).toContain(`<RequestId>${headers.get('x-mns-request-id')}</RequestId>`)
  return `${status} ${code}`
}

const stale = new Date(Date.now() - 16 * 60_000).toUTCString()

describe('a request is refused', () => {
  test.each<readonly [string, RawOptions, string]>([
    ['without credentials', { headers: { authorization: undefined } }, '400 MissingAuthorizationHeader'],
    [
      'with those of another kind',
      { headers: { authorization: 'Bearer x' } },
      '400 InvalidAuthorizationHeader',
    ],
    ['with an unknown key', { headers: { authorization: 'MNS nobody:eA==' } }, '403 InvalidAccessKeyId'],
    ['with a wrong secret', { secret: 'wrong' }, '403 SignatureDoesNotMatch'],
    [
      'with a wrong signature',
      { headers: { authorization: `MNS ${accessKeyId}:eA==` } },
      '403 SignatureDoesNotMatch',
    ],
    ['with a token', { headers: { 'security-token': 'tok' } }, '403 InvalidSecurityToken'],
    ['without a date', { headers: { date: undefined } }, '400 MissingDateHeader'],
    ['with a date that is none', { headers: { date: 'yesterday' } }, '400 InvalidDateHeader'],
    ['with a stale date', { headers: { date: stale } }, '408 TimeExpired'],
    ['without a version', { headers: { 'x-mns-version': undefined } }, '400 MissingVersionHeader'],
    ['with another version', { headers: { 'x-mns-version': '2020-01-01' } }, '400 InvalidVersionHeader'],
  ])('%s', async (_what, options, expected) => {
    expect(await refusal('GET', '/queues/q', options)).toBe(expected)
  })

  test.each([
    ['POST', '/queues/q', '400 InvalidRequestURL'],
    ['PATCH', '/queues/q', '400 InvalidRequestURL'],
    ['POST', '/queues', '400 InvalidRequestURL'],
    ['GET', '/queues/q/other', '400 InvalidRequestURL'],
    ['GET', '/queues/q/messages/x', '400 InvalidRequestURL'],
    ['GET', '/topics/t/subscriptions/s/x', '400 InvalidRequestURL'],
    ['GET', '/topics/t/messages', '400 InvalidRequestURL'],
    ['GET', '/queues/q?what=1', '400 InvalidQueryString'],
    ['GET', '/queues/q/messages?waitseconds=31', '400 InvalidArgument'],
    ['GET', '/queues/q/messages?waitseconds=-1', '400 InvalidArgument'],
    ['GET', '/queues/q/messages?numOfMessages=0', '400 InvalidArgument'],
    ['GET', '/queues/q/messages?numOfMessages=x', '400 InvalidArgument'],
    ['GET', '/queues/none/messages', '404 QueueNotExist'],
    ['DELETE', '/queues/q/messages', '400 MissingReceiptHandle'],
    ['DELETE', '/queues/q/messages?ReceiptHandle=rubbish', '400 ReceiptHandleError'],
    ['PUT', '/queues/q/messages?visibilityTimeout=1', '400 MissingReceiptHandle'],
    ['PUT', '/queues/q/messages?receiptHandle=1-1-0-1', '400 MissingVisibilityTimeout'],
    ['PUT', '/queues/q/messages?receiptHandle=1-1-0-1&visibilityTimeout=0', '400 InvalidArgument'],
    [
      'PUT',
      '/queues/q/messages?receiptHandle=8-3v-v2rxfl-mwuooul8&visibilityTimeout=1',
      '404 MessageNotExist',
    ],
    ['GET', '/topics/none', '404 TopicNotExist'],
    ['GET', '/topics/t/subscriptions/none', '404 SubscriptionNotExist'],
    ['PUT', '/topics/a_b', '400 TopicNameInvalid'],
    ['PUT', '/topics/t/subscriptions/a_b', '400 SubscriptionNameInvalid'],
    ['PUT', `/topics/${'a'.repeat(121)}`, '400 TopicNameLengthError'],
    ['PUT', '/queues/a%5Fb', '400 InvalidQueueName'],
  ])('%s %s: %s', async (method, target, expected) => {
    expect(await refusal(method, target)).toBe(expected)
  })

  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa">]><Message><MessageBody>&a;</MessageBody></Message>`
  const deep = `<Message>${'<a>'.repeat(50)}${'</a>'.repeat(50)}</Message>`
  test.each<readonly [string, string, string, string]>([
    ['no body', '/queues/q/messages', '', '400 MalformedXML'],
    ['text', '/queues/q/messages', 'hello', '400 MalformedXML'],
    ['half an element', '/queues/q/messages', '<Message><MessageBody>x', '400 MalformedXML'],
    ['a document type', '/queues/q/messages', bomb, '400 MalformedXML'],
    ['deep elements', '/queues/q/messages', deep, '400 MalformedXML'],
    ['another root', '/queues/q/messages', '<Queue/>', '400 MalformedXML'],
    ['an unknown entity', '/queues/q/messages', '<Message>&nbsp;</Message>', '400 MalformedXML'],
    ['no message body', '/queues/q/messages', '<Message/>', '400 InvalidArgument'],
    [
      'a delay that is no number',
      '/queues/q/messages',
      '<Message><MessageBody>x</MessageBody><DelaySeconds>soon</DelaySeconds></Message>',
      '400 InvalidArgument',
    ],
    [
      'a delay that is too long',
      '/queues/q/messages',
      '<Message><MessageBody>x</MessageBody><DelaySeconds>604801</DelaySeconds></Message>',
      '400 InvalidArgument',
    ],
    ['an empty batch', '/queues/q/messages', '<Messages/>', '400 InvalidArgument'],
    [
      'too large a batch',
      '/queues/q/messages',
      `<Messages>${'<Message><MessageBody>x</MessageBody></Message>'.repeat(17)}</Messages>`,
      '400 InvalidArgument',
    ],
    [
      'a property without a name',
      '/queues/q/messages',
      '<Message><MessageBody>x</MessageBody><UserProperties><PropertyValue/></UserProperties></Message>',
      '400 InvalidArgument',
    ],
    [
      'too long a tag',
      '/topics/t/messages',
      '<Message><MessageBody>x</MessageBody><MessageTag>aaaaaaaaaaaaaaaaa</MessageTag></Message>',
      '400 InvalidArgument',
    ],
  ])('a POST with %s', async (_what, target, body, expected) => {
    expect(await refusal('POST', target, { body })).toBe(expected)
  })

  test.each<readonly [string, string, string]>([
    ['/queues/p', '<Queue><VisibilityTimeout>x</VisibilityTimeout></Queue>', '400 InvalidArgument'],
    ['/queues/p', '<Queue><LoggingEnabled>maybe</LoggingEnabled></Queue>', '400 InvalidArgument'],
    ['/queues/p', '<Topic/>', '400 MalformedXML'],
    ['/topics/t/subscriptions/s', '<Subscription/>', '400 InvalidArgument'],
    [
      '/topics/t/subscriptions/s',
      '<Subscription><Endpoint>ftp://x</Endpoint></Subscription>',
      '400 EndpointInvalid',
    ],
    [
      '/topics/t/subscriptions/s',
      '<Subscription><Endpoint>http://x/</Endpoint><NotifyStrategy>NEVER</NotifyStrategy></Subscription>',
      '400 InvalidArgument',
    ],
    [
      '/topics/t/subscriptions/s',
      '<Subscription><Endpoint>acs:mns:r:42:queues/q</Endpoint></Subscription>',
      '400 EndpointInvalid',
    ],
  ])('PUT %s %s', async (target, body, expected) => {
    expect(await refusal('PUT', target, { body })).toBe(expected)
  })
})

test('both ways to write the digest of a body are taken, and a wrong one is refused', async () => {
  const body = '<Message><MessageBody>x</MessageBody></Message>'
  const bytes = createHash('md5').update(body).digest()
  const digests = [bytes.toString('base64'), Buffer.from(bytes.toString('hex')).toString('base64')]
  for (const digest of digests) {
    const { status } = await server.send('POST', '/queues/q/messages', {
      body,
      headers: { 'content-md5': digest },
    })
    expect(status).toBe(201)
  }
  expect(await refusal('POST', '/queues/q/messages', { body, headers: { 'content-md5': 'AAAA' } })).toBe(
    '400 InvalidDegist',
  )
})

test('whoever has no key is told so before the body was sent', async () => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(
    'POST /queues/q/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\nauthorization: MNS a:eA==\r\n' +
      `date: ${new Date().toUTCString()}\r\nx-mns-version: 2015-06-06\r\n\r\n`,
  )
  const [answer] = (await new Promise(resolve => socket.once('data', data => resolve([data])))) as [Buffer]
  expect(answer.toString()).toContain('InvalidAccessKeyId')
  socket.destroy()
})

test('a host that names another account is refused', async () => {
  const target = '/queues/q'
  const { mnsSignature, mnsStringToSign } = await import('../../../src/auth/signatures/index.ts')
  const headers = { date: new Date().toUTCString(), 'x-mns-version': '2015-06-06' }
  const signature = mnsSignature(mnsStringToSign('GET', headers, target), 'testSK')
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(
    `GET ${target} HTTP/1.1\r\nhost: 42.mns.cn-hangzhou.aliyuncs.com\r\nauthorization: MNS ${accessKeyId}:${signature}\r\n` +
      `date: ${headers.date}\r\nx-mns-version: 2015-06-06\r\n\r\n`,
  )
  const [answer] = (await new Promise(resolve => socket.once('data', data => resolve([data])))) as [Buffer]
  expect(answer.toString()).toContain('AccessDenied')
  socket.destroy()
})

test('whatever is sent with a right signature is never a failure of the server', async () => {
  const piece = fc.constantFrom(
    '<Message>',
    '</Message>',
    '<MessageBody>',
    '</MessageBody>',
    '<Queue>',
    '</Queue>',
    '<Messages>',
    '</Messages>',
    '<ReceiptHandles>',
    '</ReceiptHandles>',
    '<ReceiptHandle>',
    '</ReceiptHandle>',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&',
    '<',
    'x',
    '<DelaySeconds>',
    '</DelaySeconds>',
    '1',
    '-1',
    '9'.repeat(12),
    '<!-- -->',
  )
  const target = fc.constantFrom(
    '/queues/q',
    '/queues/q?metaoverride=true',
    '/queues/q/messages',
    '/queues/q/messages?numOfMessages=2',
    '/topics/t',
    '/topics/t/messages',
    '/topics/t/subscriptions/s',
    '/queues/q/messages?receiptHandle=8-1-0-1',
    '/queues/q/messages?receiptHandle=zz&visibilityTimeout=9',
    '/queues/a%00b',
    '/topics/%ff',
    '/queues//messages',
  )
  const method = fc.constantFrom('POST', 'PUT', 'DELETE')
  await fc.assert(
    fc.asyncProperty(method, target, fc.array(piece, { maxLength: 12 }), async (verb, where, pieces) => {
      const { status, text } = await server.send(verb, where, { body: pieces.join('') })
      expect(status, text).toBeLessThan(500)
    }),
    { numRuns: 300 },
  )
})
