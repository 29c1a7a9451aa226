import { type AddressInfo, createServer } from 'node:net'
import {
  type ConnectorContext,
  optionsParser,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  systemClock,
} from '@millrace/spi'
import { FakeClock, outgoing, seededRandom } from '@millrace/spi/conformance'
import type { SMTPServerOptions } from 'smtp-server'
import { describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { reply, selfSigned, startServer } from './server.ts'

const signal = (): AbortSignal => AbortSignal.timeout(10_000)
const plain = { starttls: 'none', from: 'Shop <shop@example.com>', to: 'a@example.com' }

function openSink(given: object, change: Partial<ConnectorContext> = {}): Sink {
  const sink = connector.sink!
  const options = optionsParser('mail', sink.options)(given)
  sink.check?.(options)
  return sink.open(options, {
    clock: systemClock,
    random: seededRandom(1),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'test',
    ...change,
  })
}

async function send(sink: Sink, change: Partial<OutgoingRecord> = {}): Promise<Outcome> {
  const [outcome] = await sink.write([outgoing('e1', change)], signal())
  return outcome!
}

function verdictOf(outcome: Outcome): unknown {
  return outcome.status === 'ok' ? 'ok' : [outcome.error.code, outcome.error.retry.kind]
}

describe('what is sent', () => {
  test('addresses, subject and body, from options and parameters', async () => {
    await using server = await startServer()
    await using sink = openSink({ ...plain, port: server.port, subject: 'from options' })
    const parameters = {
      to: 'Ärger <b@example.com>, c@example.com',
      bcc: 'd@example.com',
      subject: 'Bestellung € 5',
      replyTo: 'r@example.com',
      bodyType: 'html',
    }
    const body = new TextEncoder().encode('<p>paid</p>')
    expect(verdictOf(await send(sink, { body, parameters }))).toBe('ok')
    const [mail] = server.taken
    expect(mail).toMatchObject({
      id: 'e1',
      from: 'shop@example.com',
      to: ['b@example.com', 'c@example.com', 'd@example.com'],
    })
    expect(mail?.text).toContain('From: Shop <shop@example.com>')
    expect(mail?.text).toContain('Reply-To: r@example.com')
    expect(mail?.text).toMatch(/^Subject: =\?UTF-8\?/m)
    expect(mail?.text).toMatch(/^Content-Type: text\/html/m)
    expect(mail?.text).toContain('<p>paid</p>')
    expect(mail?.text).not.toContain('d@example.com')
  })

  test('every attempt has the same message id, and connections are used again', async () => {
    await using server = await startServer()
    await using sink = openSink({ ...plain, port: server.port })
    for (const attempt of [1, 2, 3]) await send(sink, { attempt })
    const ids = server.taken.map(({ text }) => /^Message-ID: (.*)\r$/m.exec(text)?.[1])
    expect(ids[0]).toMatch(/^<[0-9a-f]{40}@example\.com>$/)
    expect(new Set(ids).size).toBe(1)
    expect(server.connections).toBe(1)
  })

  test.each([
    [{ subject: 'a\r\nBcc: evil@example.com' }, 'parameter subject has a line break'],
    [{ to: 'a@example.com\nRCPT TO:<evil@example.com>' }, 'parameter to has a line break'],
    [{ replyTo: 'a\u0000b@example.com' }, 'parameter replyTo has a line break'],
    [{ to: 'no address' }, 'parameter to'],
    [{ to: '' }, 'parameter to is missing'],
    [{ to: Array.from({ length: 51 }, (_, i) => `a${i}@example.com`).join(',') }, '51 recipients'],
    [{ from: 'nobody' }, 'parameter from is no address'],
    [{ bodyType: 'pdf' }, 'parameter bodyType is neither'],
  ])('%o is refused here', async (parameters, message) => {
    await using server = await startServer()
    await using sink = openSink({ ...plain, port: server.port })
    const outcome = await send(sink, { parameters })
    expect(verdictOf(outcome)).toEqual(['sink.rejected', 'never'])
    expect(outcome.status === 'failed' && outcome.error.message).toContain(message)
    expect(server.connections).toBe(0)
  })

  test('a message that is too large is refused: here, or by what the server announces', async () => {
    await using server = await startServer({ options: { size: 5_000 } })
    const body = new TextEncoder().encode('x'.repeat(10_000))
    await using small = openSink({ ...plain, port: server.port, messageBytesMax: 2_000 })
    expect(verdictOf(await send(small, { body }))).toEqual(['sink.rejected', 'never'])
    await using large = openSink({ ...plain, port: server.port })
    expect(verdictOf(await send(large, { body }))).toEqual(['sink.rejected', 'never'])
    expect(verdictOf(await send(large))).toBe('ok')
  })
})

describe('what the server says', () => {
  test.each([
    [421, 'later', 'sink.unavailable', 'backoff'],
    [450, '4.2.0 greylisted', 'sink.failed', 'backoff'],
    [451, '4.7.1 slow down', 'sink.throttled', 'backoff'],
    [452, 'full', 'sink.failed', 'backoff'],
    [550, '5.1.1 hush@example.com unknown', 'sink.rejected', 'never'],
    [552, 'too large', 'sink.rejected', 'never'],
    [554, 'spam', 'sink.rejected', 'never'],
    [571, 'no', 'sink.rejected', 'never'],
    [432, 'no', 'sink.failed', 'backoff'],
  ])('%i %s to a message is %s, %s; the next one gets through', async (code, text, name, retry) => {
    let isFirst = true
    const judge = (): Error | undefined => {
      const refusal = isFirst ? reply(code, text) : undefined
      isFirst = false
      return refusal
    }
    await using server = await startServer({ judge })
    await using sink = openSink({ ...plain, port: server.port })
    const outcome = await send(sink)
    expect(verdictOf(outcome)).toEqual([name, retry])
    expect(outcome.status === 'failed' && outcome.error.message).toContain(String(code))
    expect(outcome.status === 'failed' && outcome.error.message).not.toContain('hush')
    expect(verdictOf(await send(sink))).toBe('ok')
  })

  test('one bad recipient among several does not keep the message from the others', async () => {
    const judgeRecipient = (address: string): Error | undefined =>
      address.startsWith('bad') ? reply(550) : address.startsWith('busy') ? reply(450) : undefined
    await using server = await startServer({ judgeRecipient })
    await using sink = openSink({ ...plain, port: server.port })
    const some = await send(sink, { parameters: { to: 'bad@example.com, good@example.com' } })
    expect(some).toEqual({ status: 'ok', detail: '1 of 2 recipients were refused' })
    expect(server.taken[0]?.to).toEqual(['good@example.com'])
    const none = await send(sink, { parameters: { to: 'bad@example.com' } })
    expect(verdictOf(none)).toEqual(['sink.rejected', 'never'])
    // For one of them it may work later.
    const later = await send(sink, { parameters: { to: 'busy@example.com, bad@example.com' } })
    expect(verdictOf(later)).toEqual(['sink.failed', 'backoff'])
  })

  test('a server that says nothing is given up when it is time, and one that is away at once', async () => {
    const silent = createServer(() => {})
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    await using waiting = openSink({ ...plain, port, connectTimeoutMs: 50 })
    expect(verdictOf(await send(waiting))).toEqual(['sink.timeout', 'backoff'])
    await new Promise(resolve => silent.close(resolve))
    await using away = openSink({ ...plain, port })
    expect(verdictOf(await send(away))).toEqual(['sink.unavailable', 'backoff'])
    await using guarded = openSink({ ...plain, port }, { allowPrivateTargets: false })
    expect(verdictOf(await send(guarded))).toEqual(['sink.address-refused', 'never'])
  })
})

describe('TLS and users', () => {
  const certificate = selfSigned()
  const login = { ...plain, username: 'shop', password: 'hush-hush' }
  const secured: SMTPServerOptions = {
    ...certificate,
    disabledCommands: [],
    authOptional: false,
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'shop' && password === 'hush-hush') done(null, { user: 'shop' })
      else done(reply(535))
    },
  }

  test.each([
    ['from the first byte', { secure: true }, { implicitTls: true }],
    ['after STARTTLS', {}, { starttls: 'required' }],
  ])('%s', async (_name, serverOptions, sinkOptions) => {
    await using server = await startServer({ options: { ...secured, ...serverOptions } })
    const given = { ...login, ...sinkOptions, port: server.port }
    await using sink = openSink({ ...given, tls: { ca: certificate.cert } })
    expect(verdictOf(await send(sink))).toBe('ok')
    await using untrusting = openSink(given)
    expect(verdictOf(await send(untrusting))).toEqual(['sink.untrusted', 'backoff'])
    await using wrong = openSink({ ...given, password: 'wrong-hush', tls: { ca: certificate.cert } })
    const outcome = await send(wrong)
    expect(verdictOf(outcome)).toEqual(['sink.unauthorized', 'backoff'])
    expect(outcome.status === 'failed' && outcome.error.message).not.toContain('hush')
    const { username, password, ...unknown } = given
    await using stranger = openSink({ ...unknown, tls: { ca: certificate.cert } })
    expect(username + password).not.toBe('')
    expect(verdictOf(await send(stranger))).toEqual(['sink.unauthorized', 'backoff'])
  })

  test('where TLS is required and the server has none, nothing is sent', async () => {
    await using server = await startServer()
    await using sink = openSink({ ...plain, starttls: 'required', port: server.port })
    expect(verdictOf(await send(sink))).toEqual(['sink.unavailable', 'backoff'])
    expect(server.taken).toEqual([])
  })
})

describe('limits', () => {
  test('messages above the rate wait uncounted, and go when there is room again', async () => {
    await using server = await startServer()
    const clock = new FakeClock()
    await using sink = openSink({ ...plain, port: server.port, ratePerMinute: 2 }, { clock })
    expect(verdictOf(await send(sink))).toBe('ok')
    expect(verdictOf(await send(sink))).toBe('ok')
    expect(await send(sink)).toMatchObject({ error: { retry: { kind: 'uncounted', delayMs: 60_000 } } })
    await clock.advance(60_000)
    expect(verdictOf(await send(sink))).toBe('ok')
  })

  test('there are no more connections than allowed', async () => {
    await using server = await startServer()
    await using sink = openSink({ ...plain, port: server.port, connectionsMax: 2 })
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => send(sink)))
    expect(outcomes.map(verdictOf)).toEqual(Array.from({ length: 20 }, () => 'ok'))
    expect(server.connections).toBe(2)
  })

  test.each([
    [{ password: 'x' }, 'option password and username go together'],
    [{ username: 'u', password: 'x', starttls: 'optional' }, 'option password goes with implicitTls'],
    [{ subject: 'a\nb' }, 'option subject has a line break'],
    [{ tls: { key: 'x' } }, 'option tls.key and tls.certificate go together'],
  ])('%o is refused before anybody connects', (given, message) => {
    expect(() => openSink(given)).toThrow(message)
  })
})
