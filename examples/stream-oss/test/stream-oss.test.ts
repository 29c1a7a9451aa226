import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'

const bucket = 'example-orders'

await describeService('versitygw', 'a bucket of orders', () => {
  test('orders are lines of compressed objects by the hour, and events again', async () => {
    const s3 = await useService('versitygw')
    await s3.createBucket(bucket)
    const keys = async (): Promise<string[]> => {
      const { body } = await s3.request({ method: 'GET', path: `/${bucket}`, query: { 'list-type': '2' } })
      return [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
    }
    for (const key of await keys()) await s3.request({ method: 'DELETE', path: `/${bucket}/${key}` })
    await using server = await startExampleServer()
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const { client } = server
    const address = await client.streamUrl('orders')
    const post = async (order: number): Promise<number> => {
      const headers = { 'content-type': 'application/json' }
      return (await fetch(address, { method: 'POST', headers, body: JSON.stringify({ order }) })).status
    }

    const numbers = Array.from({ length: 50 }, (_, number) => number + 1)
    await expect.poll(() => post(0), { timeout: 20_000 }).toBe(200)
    expect(new Set(await Promise.all(numbers.map(post)))).toEqual(new Set([200]))

    const stored = await keys()
    for (const key of stored)
      expect(key).toMatch(/^orders\/\d{4}\/\d\d\/\d\d\/\d\d\/\d{8}T[\d.]+Z-\d+-\w{16}\.jsonl\.gz$/)
    expect(stored.length).toBeLessThan(numbers.length)
    const objects = await Promise.all(
      stored.map(key => s3.request({ method: 'GET', path: `/${bucket}/${key}` })),
    )
    const lines = objects.flatMap(({ bytes }) => gunzipSync(bytes).toString().trimEnd().split('\n'))
    const orders = lines.map(line => (JSON.parse(line) as { order: number }).order)
    expect(orders.toSorted((left, right) => left - right)).toEqual([0, ...numbers])

    const written = async () => (await client.streams.status('audit')).counts['written']
    await expect.poll(written, { timeout: 30_000 }).toBe(numbers.length + 1)
    const seen: unknown[] = []
    for await (const { event } of client.events.tail('archive', {
      from: 1,
      signal: AbortSignal.timeout(20_000),
    })) {
      seen.push((event as { data: { body: { order: number } } }).data.body.order)
      if (seen.length > numbers.length) break
    }
    expect(seen).toHaveLength(numbers.length + 1)
    expect(new Set(seen)).toEqual(new Set([0, ...numbers]))
  }, 90_000)
})
