import { createHmac } from 'node:crypto'
import { type ConnectorContext, optionsParser, type Outcome, type Sink } from '@millrace/spi'
import { FakeClock, outgoing, seededRandom } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { startTarget } from './target.ts'

const signal = (): AbortSignal => AbortSignal.timeout(10_000)

function openSink(given: object, change: Partial<ConnectorContext> = {}): Sink {
  const sink = connector.sink!
  const options = optionsParser('chat', sink.options)(given)
  sink.check?.(options)
  return sink.open(options, {
    clock: new FakeClock(),
    random: seededRandom(1),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'test',
    ...change,
  })
}

async function send(sink: Sink, text: string): Promise<Outcome> {
  const body = new TextEncoder().encode(text)
  const [outcome] = await sink.write([outgoing('e', { body })], signal())
  return outcome!
}

function verdictOf(outcome: Outcome): unknown {
  return outcome.status === 'ok' ? 'ok' : [outcome.error.code, outcome.error.retry]
}

describe('what the services are sent', () => {
  test('DingTalk: time and signature in the query, beside the token', async () => {
    await using target = await startTarget((_, response) => response.end('{"errcode":0}'))
    const clock = new FakeClock()
    const url = `${target.origin}/robot/send?access_token=a%2Bb`
    await using sink = openSink({ service: 'dingtalk', url, secret: 'SEC1' }, { clock })
    expect(verdictOf(await send(sink, '{"msgtype":"text","text":{"content":"hi"}}'))).toBe('ok')
    const { url: seen, body } = target.seen[0]!
    expect(body).toEqual({ msgtype: 'text', text: { content: 'hi' } })
    const timestamp = seen.searchParams.get('timestamp')
    expect(timestamp).toBe(String(clock.nowMs()))
    // As the service computes it, from what came.
    const sign = createHmac('sha256', 'SEC1').update(`${timestamp}\nSEC1`).digest('base64')
    expect(seen.searchParams.get('sign')).toBe(sign)
    expect(seen.searchParams.get('access_token')).toBe('a+b')
    expect(seen.search).toContain(`sign=${encodeURIComponent(sign)}`)
  })

  test('Feishu: time and signature in the body', async () => {
    await using target = await startTarget((_, response) => response.end('{"code":0,"msg":"success"}'))
    const clock = new FakeClock()
    await using sink = openSink(
      { service: 'feishu', url: `${target.origin}/hook/1`, secret: 's1' },
      { clock },
    )
    expect(verdictOf(await send(sink, 'hello'))).toBe('ok')
    const { body } = target.seen[0]!
    const timestamp = String(Math.floor(clock.nowMs() / 1_000))
    const sign = createHmac('sha256', `${timestamp}\ns1`).update('').digest('base64')
    expect(body).toEqual({ msg_type: 'text', content: { text: 'hello' }, timestamp, sign })
  })

  test.each([
    ['wecom', '{"errcode":0}', { msgtype: 'text', text: { content: 'hello' } }],
    ['slack', 'ok', { text: 'hello' }],
    ['dingtalk', '{"errcode":0}', { msgtype: 'text', text: { content: 'hello' } }],
    ['feishu', '{"StatusCode":0}', { msg_type: 'text', content: { text: 'hello' } }],
  ])('%s without a secret: the text alone', async (service, answer, message) => {
    await using target = await startTarget((_, response) => response.end(answer))
    await using sink = openSink({ service, url: `${target.origin}/send?key=k` })
    expect(verdictOf(await send(sink, 'hello'))).toBe('ok')
    const { url, body, headers } = target.seen[0]!
    expect([url.pathname + url.search, body]).toEqual(['/send?key=k', message])
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
  })
})

describe('what answers mean', () => {
  test.each([
    ['dingtalk', 200, '{"errcode":130101}', ['sink.throttled', { kind: 'after', delayMs: 60_000 }]],
    ['dingtalk', 200, '{"errcode":310000}', ['sink.unauthorized', { kind: 'backoff' }]],
    ['dingtalk', 200, '{"errcode":430104}', ['sink.rejected', { kind: 'never' }]],
    ['dingtalk', 200, '{"errcode":-1}', ['sink.unavailable', { kind: 'backoff' }]],
    ['dingtalk', 200, '{"errcode":77}', ['sink.failed', { kind: 'backoff' }]],
    ['dingtalk', 200, '<html>', ['sink.failed', { kind: 'backoff' }]],
    ['dingtalk', 502, '<html>', ['sink.unavailable', { kind: 'backoff' }]],
    ['feishu', 200, '{"code":11232}', ['sink.throttled', { kind: 'after', delayMs: 60_000 }]],
    ['feishu', 400, '{"code":9499}', ['sink.throttled', { kind: 'after', delayMs: 60_000 }]],
    ['feishu', 200, '{"code":19021}', ['sink.unauthorized', { kind: 'backoff' }]],
    ['feishu', 200, '{"code":19002}', ['sink.rejected', { kind: 'never' }]],
    ['wecom', 200, '{"errcode":45009}', ['sink.throttled', { kind: 'after', delayMs: 60_000 }]],
    ['wecom', 200, '{"errcode":93000}', ['sink.unauthorized', { kind: 'backoff' }]],
    ['wecom', 200, '{"errcode":40058}', ['sink.rejected', { kind: 'never' }]],
    ['slack', 429, 'rate_limited', ['sink.throttled', { kind: 'after', delayMs: 7_000 }]],
    ['slack', 400, 'invalid_payload', ['sink.rejected', { kind: 'never' }]],
    ['slack', 403, 'invalid_token', ['sink.unauthorized', { kind: 'backoff' }]],
    ['slack', 500, 'rollup_error', ['sink.unavailable', { kind: 'backoff' }]],
  ])('%s: %i %s', async (service, status, body, verdict) => {
    await using target = await startTarget((_, response) =>
      response.writeHead(status, { 'retry-after': '7' }).end(body),
    )
    await using sink = openSink({ service, url: `${target.origin}/send?key=hush-hush` })
    const outcome = await send(sink, 'hello')
    expect(verdictOf(outcome)).toEqual(verdict)
    expect(JSON.stringify(outcome) + String(outcome.status === 'failed' && outcome.error)).not.toContain(
      'hush',
    )
  })

  test('a service that is not there, and one that may not be reached', async () => {
    const url = 'http://127.0.0.1:1/robot'
    await using away = openSink({ service: 'slack', url })
    expect(verdictOf(await send(away, 'x'))).toEqual(['sink.unavailable', { kind: 'backoff' }])
    await using guarded = openSink({ service: 'slack', url }, { allowPrivateTargets: false })
    expect(verdictOf(await send(guarded, 'x'))).toEqual(['sink.address-refused', { kind: 'never' }])
  })
})

describe('limits', () => {
  test('messages above the rate wait uncounted, and go when there is room again', async () => {
    await using target = await startTarget((_, response) => response.end('{"errcode":0}'))
    const clock = new FakeClock()
    await using sink = openSink({ service: 'wecom', url: `${target.origin}/` }, { clock })
    for (let i = 0; i < 20; i++) expect(verdictOf(await send(sink, String(i)))).toBe('ok')
    await clock.advance(15_000)
    expect(verdictOf(await send(sink, 'too early'))).toEqual([
      'sink.throttled',
      { kind: 'uncounted', delayMs: 45_000 },
    ])
    expect(target.seen).toHaveLength(20)
    await clock.advance(45_000)
    expect(verdictOf(await send(sink, 'in time'))).toBe('ok')
  })

  test('a message that is too large, or no text, is refused here', async () => {
    await using sink = openSink({ service: 'wecom', url: 'http://127.0.0.1:1/' })
    expect(verdictOf(await send(sink, 'x'.repeat(5_000)))).toEqual(['sink.rejected', { kind: 'never' }])
    const binary = outgoing('e', { body: Uint8Array.of(0xff, 0xfe) })
    expect(await sink.write([binary], signal())).toMatchObject([{ error: { code: 'sink.rejected' } }])
  })

  test.each([
    [{ service: 'slack', url: 'no url' }, 'option url is no URL'],
    [{ service: 'slack', url: 'ftp://hush' }, 'option url must begin with https: or http:'],
    [{ service: 'slack', url: 'https://u:hush@a/' }, 'option url must have no user'],
    [{ service: 'slack', url: 'https://a/', secret: 'hush' }, 'option secret does not go with Slack'],
  ])('options that are refused, never with what is secret', (given, message) => {
    expect(() => openSink(given)).toThrow(message)
    expect(() => openSink(given)).not.toThrow('hush')
  })
})
