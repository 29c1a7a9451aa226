import { gzipSync } from 'node:zlib'
import { describeService } from '@millrace/services/vitest'
import { SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { doorstep } from './doorstep.ts'
import { inTime, limits, take } from './open.ts'
import { Bucket } from './store.ts'

const looking = { mode: 'list', start: 'earliest', pollMs: 50 }

await describeService('versitygw', 'reading', () => {
  test('uploads and removals are events, and who has not the token is not heard', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    const token = '0123456789abcdef'
    const types = ['oss:ObjectCreated:*', 'oss:ObjectRemoved:*']
    await using source = host.open(connector, { token, types, bucket: bucket.name })
    await using door = await doorstep(host)
    const taking = take(source, 2)
    await expect.poll(async () => (await fetch(door.url, { method: 'HEAD' })).status).toBe(401)
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(door.url, { method: 'HEAD', headers })).status).toBe(200)
    expect((await fetch(door.url, { method: 'POST', headers, body: '{' })).status).toBe(400)

    await using _told = await bucket.server.notify(bucket.name, `${door.url}?token=${token}`)
    await bucket.put('in/a.txt', 'hello')
    await bucket.delete('in/a.txt')
    const seen = await taking
    expect(new Set(seen.map(({ type }) => type))).toEqual(
      new Set(['oss:ObjectCreated:PutObject', 'oss:ObjectRemoved:DeleteObject']),
    )
    const upload = seen.find(({ type }) => type === 'oss:ObjectCreated:PutObject')
    expect(upload?.data).toMatchObject({
      region: 'us-east-1',
      userIdentity: { principalId: 'millrace' },
      oss: { bucket: { name: bucket.name }, object: { key: 'in/a.txt', size: 5 } },
    })
  })

  test('by time, objects come in the order in which they were written, whatever their keys are', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    const options = { ...bucket.reach, ...looking, order: 'time', settleMs: 0, prefix: 'in/' }
    await bucket.put('out/x', '0')
    await bucket.put('in/z', '1')
    const keyOf = ({ data }: { data: unknown }) =>
      (data as { oss: { object: { key: string } } }).oss.object.key
    {
      await using source = host.open(connector, options)
      expect((await take(source, 1)).map(keyOf)).toEqual(['in/z'])
    }
    // Listings of this server have whole seconds, of which this one must be over.
    const written = Date.now()
    await expect
      .poll(() => Math.floor(Date.now() / 1_000), { timeout: 5_000 })
      .toBeGreaterThan(Math.floor(written / 1_000))
    await bucket.put('in/a', '2')
    await using source = host.open(connector, options)
    expect((await take(source, 1)).map(keyOf)).toEqual(['in/a'])
  })

  test('who begins with the latest sees what comes, also after a restart before anything came', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    const options = { ...bucket.reach, ...looking, start: 'latest', order: 'key' }
    await bucket.put('a', 'old')
    const written = Date.now()
    await expect
      .poll(() => Math.floor(Date.now() / 1_000), { timeout: 5_000 })
      .toBeGreaterThan(Math.floor(written / 1_000))
    {
      await using source = host.open(connector, options)
      const enough = new AbortController()
      const read = source.read(limits, enough.signal)
      await expect.poll(() => host.checkpoints.load('listing')).toBeDefined()
      enough.abort(new Error('enough'))
      await expect(read).rejects.toThrow('enough')
    }
    const { sinceMs } = JSON.parse((await host.checkpoints.load('listing'))!) as { sinceMs: number }
    await expect
      .poll(() => Math.floor(Date.now() / 1_000), { timeout: 5_000 })
      .toBeGreaterThan(Math.floor(sinceMs / 1_000))
    await bucket.put('b', 'new')
    await using source = host.open(connector, options)
    const [seen] = await take(source, 1)
    expect(seen?.data).toMatchObject({ oss: { object: { key: 'b' } } })
  })

  test('elements of a compressed object come one by one, and go on where they were committed', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    const lines = Array.from({ length: 5_000 }, (_, n) => `{"n":${n}}`)
    await bucket.put('big.jsonl.gz', gzipSync(`${lines.join('\n')}\n\n`))
    await bucket.put('later.jsonl', '{"n":"end"}')
    const options = { ...bucket.reach, ...looking, order: 'key', content: 'element', bodyForm: 'json' }
    {
      await using first = host.open(connector, options)
      const records = await first.read({ recordsMax: 700, bytesMax: 10_000_000 }, inTime())
      expect(records).toHaveLength(700)
      await first.commit(records.slice(0, 600))
      await first.commit(records.slice(650))
    }
    await using second = host.open(connector, options)
    const seen = await take(second, 4_401)
    expect(seen.map(({ data }) => (data['body'] as { n: unknown }).n)).toEqual([
      ...lines.slice(600).map((_, n) => n + 600),
      'end',
    ])
    expect(seen[0]?.id).toMatch(/-600$/)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
  })

  test('what is wrong with one object is a fault, and the others come', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    await bucket.put('1-large', 'x'.repeat(101))
    await bucket.put('2-broken.gz', 'no gzip')
    await bucket.put('3-binary', Buffer.from([0xff]))
    await bucket.put('4-good', 'fine')
    const options = { ...bucket.reach, ...looking, order: 'key', content: 'single', contentBytesMax: 100 }
    await using source = host.open(connector, options)
    expect((await take(source, 4)).map(({ fault, data }) => [fault, data['body']])).toEqual([
      ['record.too-large', null],
      ['source.rejected', undefined],
      ['record.malformed', '/w=='],
      [undefined, 'fine'],
    ])
  })

  test('an object that is gone before it is read is a fault', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    await using door = await doorstep(host)
    await using source = host.open(connector, { ...bucket.reach, content: 'single', answerTimeoutMs: 5_000 })
    const taking = take(source, 1)
    const s3 = { bucket: { name: bucket.name }, object: { key: 'gone', eTag: 'e', sequencer: '1' } }
    const body = JSON.stringify({ Records: [{ eventName: 's3:ObjectCreated:Put', s3 }] })
    await expect.poll(async () => (await fetch(door.url, { method: 'POST', body })).status).toBe(200)
    expect((await taking)[0]?.fault).toBe('source.not-found')
  })
})
