import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { codeOf, inTime, openSink } from './open.ts'
import { Bucket } from './store.ts'

function at(id: string, time: string) {
  const event = Buffer.from(JSON.stringify({ specversion: '1.0', id, source: '/s', type: 't', time }))
  return outgoing(id, { event, body: event })
}

const batch = [
  at('a', '2026-11-24T15:59:59Z'),
  at('b', '2026-11-24T16:00:00Z'),
  at('c', '2026-11-24T15:30:00Z'),
]

await describeService('versitygw', 'writing', () => {
  test('a batch is one compressed object for each hour, and again the same when it is written again', async () => {
    const bucket = await Bucket.make()
    const hourly = { pathFormat: 'orders/{yyyy}/{MM}/{dd}/{HH}', timeZone: 'Asia/Shanghai' }
    await using sink = openSink({ ...bucket.reach, ...hourly, compression: 'gzip' })
    const outcomes = await sink.write(batch, inTime())
    expect(outcomes.map(codeOf)).toEqual(['ok', 'ok', 'ok'])

    const keys = await bucket.keys()
    expect(keys).toEqual([
      expect.stringMatching(/^orders\/2026\/11\/24\/23\/20261124T155959\.000Z-2-[0-9a-f]{16}\.jsonl\.gz$/),
      expect.stringMatching(/^orders\/2026\/11\/25\/00\/20261124T160000\.000Z-1-[0-9a-f]{16}\.jsonl\.gz$/),
    ])
    const lines = gunzipSync(await bucket.get(keys[0]!))
      .toString()
      .trimEnd()
      .split('\n')
    expect(lines.map(line => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'c'])

    await sink.write(batch, inTime())
    expect(await bucket.keys()).toEqual(keys)
  })

  test('keys with any characters are what they were, in raw objects', async () => {
    const bucket = await Bucket.make()
    await using sink = openSink({ ...bucket.reach, format: 'raw' })
    const key = "ü/a b+c%20d!'()*&=?#.txt"
    const body = Buffer.from([0, 255, 10])
    const [outcome] = await sink.write([outgoing('a', { body, parameters: { key } })], inTime())
    expect(codeOf(outcome)).toBe('ok')
    expect(await bucket.get(key)).toEqual(body)
  })

  test('over TLS, with the authority that the options name and with no other', async () => {
    const bucket = await Bucket.make()
    const { tlsUrl: endpoint, authorityFile } = bucket.server
    const tls = { ca: readFileSync(authorityFile, 'utf8') }
    await using sink = openSink({ ...bucket.reach, endpoint, tls })
    expect(codeOf((await sink.write(batch, inTime()))[0])).toBe('ok')
    expect(await bucket.keys()).toHaveLength(2)
    await using distrustful = openSink({ ...bucket.reach, endpoint })
    expect(codeOf((await distrustful.write(batch, inTime()))[0])).toBe('sink.untrusted')
  })

  test('addresses that are not public are refused where the operator says so', async () => {
    const bucket = await Bucket.make()
    for (const host of ['127.0.0.1', 'localhost']) {
      const endpoint = bucket.server.url.replace('127.0.0.1', host)
      await using sink = openSink({ ...bucket.reach, endpoint }, false)
      expect(codeOf((await sink.write(batch, inTime()))[0]), host).toBe('sink.address-refused')
    }
    expect(await bucket.keys()).toEqual([])
  })

  test('what is wrong with the access key or the bucket is told in words, without the secret', async () => {
    const bucket = await Bucket.make()
    const { stranger } = bucket.server
    const cases = [
      [{ accessKeySecret: 'not-the-secret' }, 'sink.unauthorized', 'secret of the access key'],
      [{ accessKeyId: 'nobody' }, 'sink.unauthorized', 'does not know the access key'],
      [
        { accessKeyId: stranger.name, accessKeySecret: stranger.password },
        'sink.unauthorized',
        'does not let this access key do it',
      ],
      [{ region: 'eu-moon-1' }, 'sink.unauthorized', 'region'],
      [{ bucket: 'test-not-there' }, 'sink.failed', 'has no such bucket'],
    ] as const
    for (const [wrong, code, words] of cases) {
      await using sink = openSink({ ...bucket.reach, ...wrong })
      const [outcome] = await sink.write(batch, inTime())
      expect(codeOf(outcome), words).toBe(code)
      const message = outcome?.status === 'failed' ? outcome.error.message : ''
      expect(message).toContain(words)
      expect(message).not.toMatch(/not-the-secret|loopback/)
    }
  })
})
