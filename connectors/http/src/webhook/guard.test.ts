import { type DoorRequest, optionsParser } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { blockList, WebhookGuard } from './guard.ts'
import { WebhookSourceOptions } from './options.ts'

const parse = optionsParser('http', WebhookSourceOptions)
const guard = (options: object): WebhookGuard => new WebhookGuard(parse(options) as WebhookSourceOptions)

function request(change: Partial<DoorRequest> = {}): DoorRequest {
  return { method: 'POST', target: '', headers: {}, remoteAddress: '10.1.2.3', body: Buffer.of(), ...change }
}

describe('who may call', () => {
  test('without rules everybody who posts', () => expect(guard({}).judge(request(), 0)).toBeUndefined())

  test('a method that is not taken is answered with those that are', () => {
    const answer = guard({ methods: ['POST', 'PUT'] }).judge(request({ method: 'GET' }), 0)
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST, PUT' } })
  })

  test.each([
    ['10.1.2.3', undefined],
    ['10.1.2.4', 403],
    ['::ffff:10.1.2.3', undefined],
    ['2001:db8::1', undefined],
    ['not an address', 403],
  ])('by address: %s', (remoteAddress, status) => {
    const answer = guard({ addresses: ['10.1.2.3', '2001:db8::/32'] }).judge(request({ remoteAddress }), 0)
    expect(answer?.status).toBe(status)
  })

  test('an address in a header counts only where the options name the header', () => {
    const headers = { 'x-real-ip': '1.1.1.1' }
    const rules = { addresses: ['1.1.1.1'] }
    expect(guard(rules).judge(request({ headers }), 0)?.status).toBe(403)
    expect(guard({ ...rules, addressHeader: 'X-Real-IP' }).judge(request({ headers }), 0)).toBeUndefined()
  })

  test.each([
    ['https://a.example/', undefined],
    ['https://a.example/x', 403],
    ['', 403],
  ])('by Referer: %j', (referer, status) => {
    const answer = guard({ referers: ['https://a.example/'] }).judge(request({ headers: { referer } }), 0)
    expect(answer?.status).toBe(status)
  })

  test.each([
    ['?token=0123456789abcdef', undefined],
    ['/x?a=1&token=0123456789abcdef', undefined],
    ['?token=0123456789abcdeX', 401],
    ['', 401],
  ])('by token: %j', (target, status) => {
    expect(guard({ token: '0123456789abcdef' }).judge(request({ target }), 0)?.status).toBe(status)
  })

  test('by signature', () => {
    const answer = guard({ signature: { type: 'github', secrets: ['s'] } }).judge(request(), 0)
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('signature') })
  })

  test.each(['10.0.0.0/33', 'a/8', '1.2.3', '::/129'])('%s is no block', entry => {
    expect(() => blockList([entry])).toThrow(entry)
  })
})
