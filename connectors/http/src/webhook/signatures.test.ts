import { createHmac } from 'node:crypto'
import type { DoorRequest } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import type { WebhookSignature } from './options.ts'
import { isSigned } from './signatures.ts'

function request(body: string, headers: Record<string, string>): DoorRequest {
  return { method: 'POST', target: '/', headers, remoteAddress: '127.0.0.1', body: Buffer.from(body) }
}

describe('signatures of GitHub', () => {
  // The example of the sender's own manual.
  const secrets = ["It's a Secret to Everybody"]
  const signed = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'

  test.each([
    ['Hello, World!', signed, true],
    ['Hello, World?', signed, false],
    ['Hello, World!', signed.replace('7', '8'), false],
    ['Hello, World!', signed.replace('sha256', 'sha1'), false],
    ['Hello, World!', '', false],
  ])('%j with %j: %s', (body, header, is) => {
    const headers = header === '' ? {} : { 'x-hub-signature-256': header }
    expect(isSigned(request(body, headers), { type: 'github', secrets }, 0)).toBe(is)
  })

  test('any of the secrets may fit', () => {
    const several: WebhookSignature = { type: 'github', secrets: ['old', ...secrets] }
    expect(isSigned(request('Hello, World!', { 'x-hub-signature-256': signed }), several, 0)).toBe(true)
  })
})

describe('signatures of Standard Webhooks', () => {
  // The example of the specification's own libraries.
  const scheme: WebhookSignature = {
    type: 'standard-webhooks',
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    toleranceSeconds: 300,
  }
  const body = '{"test": 2432232314}'
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }
  const sentAtMs = 1_614_265_330_000

  test.each([
    ['as sent', body, headers, sentAtMs, true],
    ['late within the tolerance', body, headers, sentAtMs + 300_000, true],
    ['too late', body, headers, sentAtMs + 300_001, false],
    ['too early', body, headers, sentAtMs - 300_001, false],
    ['another body', '{}', headers, sentAtMs, false],
    ['another id', body, { ...headers, 'webhook-id': 'x' }, sentAtMs, false],
    ['no id', body, { ...headers, 'webhook-id': '' }, sentAtMs, false],
    ['no time', body, { ...headers, 'webhook-timestamp': 'now' }, sentAtMs, false],
    ['another version', body, { ...headers, 'webhook-signature': 'v2,g0hM' }, sentAtMs, false],
  ])('%s', (_title, text, given, nowMs, is) => {
    expect(isSigned(request(text, given), scheme, nowMs)).toBe(is)
  })
})

describe('signatures of Stripe', () => {
  const scheme: WebhookSignature = { type: 'stripe', secrets: ['whsec_test'], toleranceSeconds: 300 }
  const sign = (time: number, body: string): string =>
    createHmac('sha256', 'whsec_test').update(`${time}.${body}`).digest('hex')

  test.each([
    ['as sent', `t=1000,v1=${sign(1000, '{}')}`, 1_000_000, true],
    [
      'beside one of an older secret',
      `t=1000, v1=${'0'.repeat(64)}, v1=${sign(1000, '{}')}`,
      1_000_000,
      true,
    ],
    ['too late', `t=1000,v1=${sign(1000, '{}')}`, 1_301_000, false],
    ['for another time', `t=1001,v1=${sign(1000, '{}')}`, 1_000_000, false],
    ['of the test scheme', `t=1000,v0=${sign(1000, '{}')}`, 1_000_000, false],
    ['nothing', '', 1_000_000, false],
  ])('%s', (_title, header, nowMs, is) => {
    expect(isSigned(request('{}', { 'stripe-signature': header }), scheme, nowMs)).toBe(is)
  })
})
