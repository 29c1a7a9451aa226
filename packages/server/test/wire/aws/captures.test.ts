import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Clock } from '@millrace/spi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Listener } from '../../../src/http/index.ts'
import { startServer, type TestServer } from '../../http/harness.ts'
import { accessKeyId, account, secretAccessKey } from './fixture.ts'

/** One request as it was recorded from the client, with its signature, and what it is answered with. */
interface Pair {
  readonly what: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly status: number
  /** What differs from run to run is written as `…`. */
  readonly answer: unknown
}

/** Sent in this order at the time at which they were signed. */
const pairs = JSON.parse(await readFile(join(import.meta.dirname, 'captures.json'), 'utf8')) as Pair[]
const clock: Clock = {
  nowMs: () => Date.parse('2026-11-24T13:35:14Z'),
  timer: () => ({ [Symbol.dispose]: () => {} }),
}
const credentials = [{ accessKeyId, accessKeySecret: secretAccessKey, account }]

let server: TestServer
let listener: Listener

beforeAll(async () => {
  server = await startServer()
  const services = { ...server.services, clock }
  listener = await listen(services, { host: '127.0.0.1', port: 0, schemes: [], credentials })
})

afterAll(async () => {
  await listener[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test.each(pairs)('$what', async ({ headers, body, status, answer }) => {
  const seen = await send(headers, body)

  expect([seen.status, steady(JSON.parse(seen.text))]).toEqual([status, answer])
  expect(seen.headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    date: expect.any(String),
  })
})

/** With the host that was signed, which `fetch` does not send. */
function send(headers: Pair['headers'], body: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    headers: object
    text: string
  }>()
  const sent = request(
    { host: '127.0.0.1', port: listener.port, method: 'POST', path: '/', headers },
    answer => {
      let text = ''
      answer.setEncoding('utf8').on('data', part => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}

/** An answer without what differs from run to run. */
function steady(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map(item => steady(item))
  if (typeof value === 'number') return name.endsWith('Time') ? '…' : value
  if (typeof value === 'string') return value.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '…')
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, steady(item, key)]))
}
