import type { Clock } from '@millrace/spi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acsSignatureScheme } from '../../../src/auth/index.ts'
import { listen, type Listener } from '../../../src/http/index.ts'
import { startServer, testAccount, type TestServer } from '../../http/harness.ts'
import { connectTo } from '../../http/raw-socket.ts'

/** Requests as they were recorded from the vendor's client, sent byte by byte at the time at which they were signed. */
const nowMs = Date.parse('Mon, 23 Nov 2026 16:56:42 GMT')
const clock: Clock = { nowMs: () => nowMs, timer: () => ({ [Symbol.dispose]: () => {} }) }
const credentials = [{ accessKeyId: 'testAK', accessKeySecret: 'testSK', account: testAccount }]

let server: TestServer
let listener: Listener
beforeAll(async () => {
  server = await startServer()
  await server.services.resources.buses.put(testAccount, 'demo-bus', {}, 0)
  const schemes = [acsSignatureScheme({ credentials, clock, pathPrefix: '/openapi/' })]
  listener = await listen(server.services, { host: '127.0.0.1', port: 0, schemes })
})
afterAll(async () => {
  await listener[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

interface Capture {
  readonly path: string
  readonly nonce: string
  readonly contentType: string
  readonly signature: string
  readonly body: string
}

function textOf({ path, nonce, contentType, signature, body }: Capture): string {
  return [
    `POST ${path} HTTP/1.1`,
    'date: Mon, 23 Nov 2026 16:56:42 GMT',
    'host: 127.0.0.1:39947',
    'accept: application/json',
    `x-acs-signature-nonce: ${nonce}`,
    'x-acs-signature-method: HMAC-SHA1',
    'x-acs-signature-version: 1.0',
    'x-eventbridge-version: 2015-06-06',
    'user-agent: AlibabaCloud (linux; x64) Node.js/v20.20.2 Core/1.0.1 TeaDSL/2  aliyun-eventbridge-sdk/1.2.0',
    `content-type: ${contentType}`,
    `authorization: acs:testAK:${signature}`,
    'Connection: keep-alive',
    'Transfer-Encoding: chunked',
    '',
    Buffer.byteLength(body).toString(16),
    body,
    '0',
    '',
    '',
  ].join('\r\n')
}

async function send(capture: Capture) {
  await using connection = await connectTo(listener)
  connection.write(textOf(capture))
  return await connection.answer()
}

const batch = 'application/cloudevents-batch+json; charset=utf-8'
const json = 'application/json; charset=utf-8'

const putOne: Capture = {
  path: '/openapi/putEvents',
  nonce: 'bd088161902d6af07372e7d39c9137f7',
  contentType: batch,
  signature: 'TlIMLxpwZ7hYiubsuaKlrTZi/bM=',
  body: '[{"id":"evt-1","source":"my.app","specversion":"1.0","type":"order:created","datacontenttype":"application/json; charset=utf-8","subject":"acs:order:cn-hangzhou:1:o/1","time":"2024-05-01T10:00:00.000Z","data":{"price":12.5,"tags":["a"]},"aliyuneventbusname":"demo-bus"}]',
}

test('a recorded putEvents is taken once, and refused when it is sent again', async () => {
  const first = await send(putOne)
  const again = await send(putOne)

  expect(first.status).toBe(200)
  expect(first.json).toMatchObject({
    ResourceOwnerAccountId: testAccount,
    FailedEntryCount: 0,
    EntryList: [{ EventId: 'evt-1', ErrorCode: 'Success' }],
  })
  expect(again.status).toBe(403)
  expect(again.json).toMatchObject({ code: 'SignatureDoesNotMatch', hostId: '127.0.0.1:39947' })
})

test('a recorded putEvents of three encodings finds no second bus, and tells the events without one', async () => {
  await server.services.resources.buses.put(testAccount, 'b', {}, 0)

  const { status, json: answer } = await send({
    path: '/openapi/putEvents',
    nonce: '847617d22091aa2137d8c4b7de475cb1',
    contentType: batch,
    signature: 'LYz0eLr+lFzk0QHy7nrPudMHaxA=',
    body: '[{"id":"evt-2","source":"s","specversion":"1.0","type":"t","datacontenttype":"application/octet-stream","data_base64":"AQL/","aliyuneventbusname":"b","num":5,"flag":true},{"id":"evt-3","source":"s","specversion":"1.0","type":"t","datacontenttype":"application/json","data":"not json"},{"id":"evt-4","source":"s","specversion":"1.0","type":"t","datacontenttype":"text/plain","data_base64":"aGk="}]',
  })

  expect(status).toBe(200)
  expect(answer).toMatchObject({
    FailedEntryCount: 2,
    EntryList: [{ ErrorCode: 'Success' }, { ErrorCode: 'EventBusEmpty' }, { ErrorCode: 'EventBusEmpty' }],
  })
})

test('a recorded createRule cannot name a queue of another account', async () => {
  const answer = await send({
    path: '/openapi/createRule',
    nonce: 'ac5c81d47a84eb58ab578b429c3ee202',
    contentType: json,
    signature: 'tmQoC05JvVHKHFiX5+LoibkiHVo=',
    body: JSON.stringify({
      EventBusName: 'demo-bus',
      RuleName: 'r1',
      FilterPattern: '{"source":["my.app"]}',
      Targets: [{ Id: 't1', Type: 'acs.mns.queue', Endpoint: 'acs:mns:cn-hangzhou:1:queues/q1' }],
    }),
  })

  expect(answer.status).toBe(409)
  expect(answer.json?.['code']).toBe('EventTargetIneffectiveAttribute')
})

test('a recorded createEventStreaming without a source is told what is missing', async () => {
  const answer = await send({
    path: '/openapi/v2/createEventStreaming',
    nonce: 'f6de5682204bc14d6760459e7feba697',
    contentType: json,
    signature: 'eLViBvDE4u2PtTn2ue/0QY4okdo=',
    body: '{"EventStreamingName":"es1"}',
  })

  expect(answer.status).toBe(409)
  expect(answer.json?.['code']).toBe('RequestParameterInvalid')
})
