import { describe, expect, test } from 'vitest'
import { startBrokenTarget } from './broken-target.ts'
import { selfSigned } from './certificates.ts'
import { openSink, writeOne } from './open-sink.ts'
import { startTarget, type Target } from './target.ts'

const certificate = selfSigned('IP:127.0.0.1,DNS:target.test')
const verified = { insecureSkipVerify: false }

async function startTlsTarget(): Promise<Target> {
  return await startTarget((_seen, response) => response.end(), { tls: certificate })
}

describe('certificates', () => {
  test('of nobody known are refused by default', async () => {
    await using target = await startTlsTarget()
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: {
        code: 'sink.untrusted',
        details: { cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
        retry: { kind: 'backoff' },
      },
    })
    expect(target.seen).toEqual([])
  })

  test('are accepted when the options name their authority', async () => {
    await using target = await startTlsTarget()
    await using sink = openSink({ url: target.url, tls: { ca: certificate.cert, ...verified } })
    expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
  })

  test('for another name are refused, although the authority is known', async () => {
    const other = selfSigned('DNS:other.test')
    await using target = await startTarget((_seen, response) => response.end(), { tls: other })
    await using sink = openSink({ url: target.url, tls: { ca: other.cert, ...verified } })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: { code: 'sink.untrusted', details: { cause: 'ERR_TLS_CERT_ALTNAME_INVALID' } },
    })
  })

  test('are checked for the server name of the options, when there is one', async () => {
    const other = selfSigned('DNS:other.test')
    await using target = await startTarget((_seen, response) => response.end(), { tls: other })
    await using sink = openSink({
      url: target.url,
      tls: { ca: other.cert, serverName: 'other.test', ...verified },
    })
    expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
  })

  test('are not looked at when the options say so', async () => {
    await using target = await startTlsTarget()
    await using sink = openSink({ url: target.url, tls: { insecureSkipVerify: true } })
    expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
  })

  test('of the client are shown when the options have one', async () => {
    const client = selfSigned('DNS:client.test')
    const tls = { ...certificate, ca: client.cert, requestCert: true }
    await using target = await startTarget((_seen, response) => response.end(), { tls })
    const server = { ca: certificate.cert, ...verified }
    await using with_ = openSink({
      url: target.url,
      tls: { ...server, certificate: client.cert, key: client.key },
    })
    expect(await writeOne(with_)).toMatchObject({ status: 'ok' })
    await using without = openSink({ url: target.url, tls: server })
    expect(await writeOne(without)).toMatchObject({ status: 'failed', error: { retry: { kind: 'backoff' } } })
  })
})

test('a target that speaks plain HTTP where TLS is expected is a failure that may pass', async () => {
  await using target = await startTarget((_seen, response) => response.end())
  await using sink = openSink({ url: `https://127.0.0.1:${target.port}/` })
  expect(await writeOne(sink)).toMatchObject({
    status: 'failed',
    error: { code: 'sink.unavailable', retry: { kind: 'backoff' } },
  })
})

describe('a target that accepts the connection and never agrees on TLS', () => {
  test('is a time-out after connectTimeoutMs', async () => {
    await using target = await startBrokenTarget(() => undefined)
    await using sink = openSink({ url: `https://127.0.0.1:${target.port}/`, connectTimeoutMs: 20 })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: {
        code: 'sink.timeout',
        details: { cause: 'UND_ERR_CONNECT_TIMEOUT' },
        retry: { kind: 'backoff' },
      },
    })
    await expect.poll(() => target.open).toBe(0)
  })

  test('is given up at once when time is up, and let go when the sink is disposed', async () => {
    await using target = await startBrokenTarget(() => undefined)
    const sink = openSink({ url: `https://127.0.0.1:${target.port}/`, connectTimeoutMs: 60_000 })
    const abort = new AbortController()
    const write = writeOne(sink, {}, abort.signal)
    await expect.poll(() => target.open).toBe(1)
    abort.abort(new Error('time is up'))
    await expect(write).rejects.toThrow('time is up')
    await sink[Symbol.asyncDispose]()
    await expect.poll(() => target.open).toBe(0)
  })
})
