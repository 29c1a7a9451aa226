import type { LookupFunction } from 'node:net'
import { type AddressGuard, addressGuard, systemClock } from '@millrace/spi'
import { outgoing, seededRandom } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { openSink, writeOne } from './open-sink.ts'
import { startTarget } from './target.ts'

/** Every name resolves to loopback, as a rebinding attacker would have it. */
const rebinding: LookupFunction = (_hostname, _options, callback) => {
  callback(null, [{ address: '127.0.0.1', family: 4 }])
}

/** The real guard, which for the sake of a test lets one address of loopback pass when it is written as such. */
function guardExcept(host: string): AddressGuard {
  const guard = addressGuard(false, rebinding)
  return { lookup: guard.lookup, checkHost: name => (name === host ? undefined : guard.checkHost(name)) }
}

const refused = { status: 'failed', error: { code: 'sink.address-refused', retry: { kind: 'never' } } }

describe('private targets are refused unless the operator allows them', () => {
  test.each(['http', 'https'])('%s, by the address, however it is spelled', async scheme => {
    await using target = await startTarget((_seen, response) => response.end())
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '[::ffff:127.0.0.1]',
      '[::1]',
      '0.0.0.0',
    ]) {
      await using sink = openSink({ url: `${scheme}://${host}:${target.port}/` }, addressGuard(false))
      expect(await writeOne(sink)).toMatchObject(refused)
    }
    expect(target.connections).toBe(0)
  })

  test.each(['http', 'https'])('%s, by a name that resolves to one', async scheme => {
    await using target = await startTarget((_seen, response) => response.end())
    for (const host of ['localhost', 'innocent.test']) {
      const guard = host === 'innocent.test' ? addressGuard(false, rebinding) : addressGuard(false)
      await using sink = openSink({ url: `${scheme}://${host}:${target.port}/` }, guard)
      expect(await writeOne(sink)).toMatchObject(refused)
    }
    expect(target.connections).toBe(0)
  })

  test('which is the default of the connector', async () => {
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const context = {
      clock: systemClock,
      random: seededRandom(1),
      log,
      allowPrivateTargets: false,
      fileRoots: [],
      name: 'test',
    }
    const options = { url: 'http://127.0.0.1:9/', headers: {}, method: 'POST', mode: 'body', redirectsMax: 0 }
    const defaults = { connectTimeoutMs: 5_000, connectionsMax: 4, idleTimeoutMs: 4_000, responseBytesMax: 1 }
    await using sink = connector.sink?.open({ ...defaults, ...options, retryAfterMsMax: 0 }, context)
    expect(await sink?.write([outgoing('e1')], new AbortController().signal)).toMatchObject([refused])
  })
})

describe('redirects', () => {
  test('are not followed by default', async () => {
    await using target = await startTarget((_seen, response) =>
      response.writeHead(307, { location: '/next' }).end(),
    )
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      detail: '307 Temporary Redirect',
      error: { code: 'sink.rejected', retry: { kind: 'never' } },
    })
    expect(target.seen).toHaveLength(1)
  })

  test('are followed up to the limit, with the body', async () => {
    await using target = await startTarget((seen, response) => {
      const step = Number(seen.url.slice(1)) + 1
      if (step > 3) response.writeHead(200).end()
      else response.writeHead(307, { location: `/${step}` }).end()
    })
    await using enough = openSink({ url: target.url, redirectsMax: 3 })
    expect(await writeOne(enough)).toMatchObject({ status: 'ok' })
    expect(target.seen.map(({ url, body }) => [url, body.length > 0])).toEqual([
      ['/', true],
      ['/1', true],
      ['/2', true],
      ['/3', true],
    ])
    await using few = openSink({ url: target.url, redirectsMax: 2 })
    expect(await writeOne(few)).toMatchObject({ status: 'failed', detail: '307 Temporary Redirect' })
  })

  test('303 is followed with GET and without the body', async () => {
    await using target = await startTarget((seen, response) => {
      if (seen.url === '/') response.writeHead(303, { location: '/result' }).end()
      else response.writeHead(200).end()
    })
    await using sink = openSink({ url: target.url, redirectsMax: 1 })
    expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
    expect(target.seen[1]).toMatchObject({ method: 'GET', url: '/result', body: Buffer.alloc(0) })
    expect(target.seen[1]?.headers['content-type']).toBeUndefined()
  })

  test.each(['http://127.0.0.2', 'http://[::1]', 'http://169.254.169.254', 'http://metadata.test'])(
    'to %s are refused like the URL itself',
    async origin => {
      await using inner = await startTarget((_seen, response) => response.end())
      await using outer = await startTarget((_seen, response) => {
        response.writeHead(307, { location: `${origin}:${inner.port}/latest/meta-data` }).end()
      })
      await using sink = openSink({ url: outer.url, redirectsMax: 3 }, guardExcept('127.0.0.1'))
      expect(await writeOne(sink)).toMatchObject(refused)
      expect(outer.seen).toHaveLength(1)
      expect(inner.connections).toBe(0)
    },
  )

  test('to another origin go without credentials and without the headers of the options', async () => {
    await using other = await startTarget((_seen, response) => response.end())
    await using target = await startTarget((_seen, response) => {
      response.writeHead(307, { location: other.url }).end()
    })
    await using sink = openSink({
      url: target.url,
      redirectsMax: 1,
      headers: { 'x-key': 'hush' },
      auth: { type: 'bearer', token: 'hush' },
    })
    expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
    expect(target.seen[0]?.headers).toMatchObject({ authorization: 'Bearer hush', 'x-key': 'hush' })
    expect(JSON.stringify(other.seen[0]?.headers)).not.toContain('hush')
    expect(other.seen[0]?.headers).toMatchObject({ 'millrace-event-id': 'e1' })
  })

  test('in a circle end at the limit', async () => {
    await using target = await startTarget((_seen, response) =>
      response.writeHead(308, { location: '/' }).end(),
    )
    await using sink = openSink({ url: target.url, redirectsMax: 10 })
    expect(await writeOne(sink)).toMatchObject({ status: 'failed', detail: '308 Permanent Redirect' })
    expect(target.seen).toHaveLength(11)
  })
})
