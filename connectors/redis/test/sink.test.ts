import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { codeOf, inTime, openSink } from './platform.ts'
import { Keys, reachOf } from './server.ts'

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

await describeService('redis', 'writing', () => {
  test('the fields of hashes are set and removed by the members of bodies, under keys of their own', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const [one, two] = [keys.key(), keys.key()]
    await using sink = openSink({ ...reach, type: 'hash' })
    const records = [
      outgoing('1', { body: json({ name: 'a', old: 1 }), parameters: { key: one } }),
      outgoing('2', { body: json({ big: 1, nested: { x: [1] } }), parameters: { key: two } }),
      outgoing('3', { body: json({ name: 'b', old: null }), parameters: { key: one } }),
      outgoing('4', { body: json([1]), parameters: { key: one } }),
    ]
    expect((await sink.write(records, inTime())).map(codeOf)).toEqual(['ok', 'ok', 'ok', 'sink.rejected'])
    expect({ ...(await keys.client.hGetAll(one)) }).toEqual({ name: 'b' })
    expect({ ...(await keys.client.hGetAll(two)) }).toEqual({ big: '1', nested: '{"x":[1]}' })
  })

  test('a list keeps the order of the batch and no more than its length', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const key = keys.key()
    await using sink = openSink({ ...reach, type: 'list', key, lengthMax: 3 })
    const records = [1, 2, 3, 4, 5].map(number => outgoing(`${number}`, { body: json(number) }))
    expect((await sink.write(records, inTime())).map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect(await keys.client.lRange(key, 0, -1)).toEqual(['3', '4', '5'])
  })

  test('a stream keeps about its length, and the order of the batch', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const key = keys.key()
    await using sink = openSink({ ...reach, key, entry: 'fields', lengthMax: 100 })
    const records = Array.from({ length: 1_000 }, (_, i) => outgoing(`${i}`, { body: json({ i }) }))
    expect(new Set((await sink.write(records, inTime())).map(codeOf))).toEqual(new Set(['ok']))
    const numbers = (await keys.entries(key)).map(({ i }) => Number(i))
    expect(numbers.length).toBeLessThan(300)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 1_000 - numbers.length + i))
  })

  test('who listens to a channel hears the body', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    await using listener = await Keys.open(reach)
    const channel = keys.key()
    const heard: string[] = []
    await listener.client.subscribe(channel, message => void heard.push(message))
    await using sink = openSink({ ...reach, type: 'channel', key: channel })
    expect((await sink.write([outgoing('1', { body: json('hello') })], inTime())).map(codeOf)).toEqual(['ok'])
    await expect.poll(() => heard).toEqual(['"hello"'])
  })

  test('more records than may wait for an answer are written all the same, in order', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const key = keys.key()
    await using sink = openSink({ ...reach, type: 'list', key, unconfirmedMax: 3 })
    const records = Array.from({ length: 50 }, (_, i) => outgoing(`${i}`, { body: json(i) }))
    expect(new Set((await sink.write(records, inTime())).map(codeOf))).toEqual(new Set(['ok']))
    expect(await keys.client.lRange(key, 0, -1)).toEqual(records.map(({ id }) => id))
  })

  test('wrong credentials and missing permissions are told in words, without the secret', async () => {
    const reach = await reachOf()
    const { stranger } = await useService('redis')
    for (const wrong of [
      { password: 'not-the-secret' },
      { username: stranger.name, password: stranger.password },
    ]) {
      await using sink = openSink({ ...reach, ...wrong, key: 'k' })
      const [outcome] = await sink.write([outgoing('a')], inTime())
      expect(codeOf(outcome)).toBe('sink.unauthorized')
      expect(JSON.stringify(outcome)).not.toContain(wrong.password)
    }
  })

  test('names that do not resolve and private addresses are told apart', async () => {
    await using refused = openSink({ endpoint: 'localhost:1', key: 'k' }, { allowPrivateTargets: false })
    expect(codeOf((await refused.write([outgoing('a')], inTime()))[0])).toBe('sink.address-refused')
    await using missing = openSink({ endpoint: '127.0.0.1:1', key: 'k' })
    expect(codeOf((await missing.write([outgoing('a')], inTime()))[0])).toBe('sink.unavailable')
  })
})
