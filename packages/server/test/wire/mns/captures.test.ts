import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@millrace/spi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Listener } from '../../../src/http/index.ts'
import { startServer, testAccount, type TestServer } from '../../http/harness.ts'

/** One request as it was recorded from a client, with its signature, and what it is answered with. */
interface Pair {
  readonly what: string
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly status: number
  /** What differs from run to run is written as `…`. */
  readonly answer: string
}

/** Sent in this order at the time at which they were signed. */
const pairs = JSON.parse(await readFile(join(import.meta.dirname, 'captures.json'), 'utf8')) as Pair[]
const clock: Clock = {
  nowMs: () => Date.parse('Tue, 15 Jul 2025 08:00:00 GMT'),
  timer: () => ({ [Symbol.dispose]: () => {} }),
}
const credentials = [{ accessKeyId: 'testid', accessKeySecret: 'testsecret', account: testAccount }]

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

test.each(pairs)('$what: $method $target', async ({ method, target, headers, body, status, answer }) => {
  const response = await fetch(listener.url + target, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()

  expect([response.status, steady(text)]).toEqual([status, answer])
  expect(response.headers.get('x-mns-version')).toBe('2015-06-06')
  expect(response.headers.get('x-mns-request-id')).toMatch(/^[0-9A-F]{24}$/)
})

/** An answer without what differs from run to run. */
function steady(text: string): string {
  return text
    .replaceAll(listener.url, 'http://server')
    .replaceAll(/<(MessageId|ReceiptHandle|RequestId|\w+Time)>[^<]+</g, '<$1>…<')
}
