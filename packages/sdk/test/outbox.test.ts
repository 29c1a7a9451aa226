import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Services, useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { createConnection, createPool } from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { ServerProcess } from '../../../tools/process/index.ts'
import { type Client, defineCatalogue, type EventInput, type WiringItem } from '../src/index.ts'
import { mysqlOutbox, postgresOutbox } from '../src/outbox/index.ts'

const patienceMs = 60_000
const shop = defineCatalogue({ 'order.placed': z.object({ n: z.number(), note: z.string().optional() }) })
const order = (n: number, data: object = {}) => ({
  id: `order-${n}`,
  source: '/shop',
  subject: `order/${n}`,
  data: { n, ...data },
})

const newTable = (): string => `outbox_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`

/** A server process with a bus that knows repetitions, and the stream that empties the outbox. */
async function publishing(stream: WiringItem): Promise<{ server: ServerProcess; client: Client }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-outbox-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const server = await ServerProcess.prepare(folder)
  onTestFinished(() => server.kill())
  await server.start()
  const client = server.client()
  await client.buses.put('shop', { dedupWindowMs: 3_600_000 })
  if (stream.kind === 'stream') await client.streams.put(stream.name, stream.spec)
  return { server, client }
}

async function stored(client: Client): Promise<EventInput[]> {
  const { items } = await client.events.list('shop', { from: 0, limit: 1_000 })
  return items.map(({ event }) => event as EventInput)
}

async function storedIds(client: Client): Promise<string[]> {
  return (await stored(client)).map(({ id = '' }) => id).toSorted()
}

function reach({ address, database, user }: Services['postgres'] | Services['mariadb']) {
  const [host = '', port = ''] = address.split(':')
  return { host, port: Number(port), database, username: user.name, password: user.password }
}

await describeService('postgres', 'an outbox in PostgreSQL', () => {
  async function place() {
    const { username, ...rest } = reach(await useService('postgres'))
    const table = newTable()
    const outbox = postgresOutbox({ table })
    const client = new pg.Client({ ...rest, user: username })
    await client.connect()
    await client.query(outbox.createTable())
    onTestFinished(async () => {
      await client.query(`DROP TABLE ${table}`)
      await client.end()
    })
    const options = { ...rest, username, pollIntervalMs: 20 }
    return { outbox, client, table, stream: outbox.stream('outbox', { bus: 'shop', options }), options }
  }

  test('publishes what was committed, nothing that was rolled back, and leaves the table empty', async () => {
    const { outbox, client, table, stream } = await place()
    const typed = shop.outbox(outbox)
    await client.query('BEGIN')
    await typed.publish(
      client,
      'order.placed',
      order(1, { note: 'nul \u0000, half a pair \ud83d, "quoted"' }),
    )
    await client.query('COMMIT')
    await client.query('BEGIN')
    await typed.publish(client, 'order.placed', order(2))
    await client.query('ROLLBACK')
    const server = await publishing(stream)
    await client.query('BEGIN')
    await outbox.publishAll(client, [
      { ...order(3), type: 'order.placed' },
      { source: '/shop', type: 'order.counted', time: '2026-01-02T03:04:05Z' },
    ])
    await client.query('COMMIT')

    await expect.poll(() => stored(server.client), { timeout: patienceMs }).toHaveLength(3)
    const [first, , third] = await stored(server.client)
    const note = 'nul \u0000, half a pair \ud83d, "quoted"'
    expect(first).toMatchObject({ ...order(1, { note }), type: 'order.placed', specversion: '1.0' })
    expect(third).toMatchObject({ type: 'order.counted', time: '2026-01-02T03:04:05Z' })
    await expect
      .poll(async () => (await client.query(`SELECT id FROM ${table}`)).rowCount, { timeout: patienceMs })
      .toBe(0)
    await expect(
      typed.publish(client, 'order.placed', { source: 's', data: {} as never }),
    ).rejects.toMatchObject({
      code: 'client.event-invalid',
    })
  })

  test('keeps trying an event that the bus does not take, and does not pass over it', async () => {
    const { outbox, client, table, stream } = await place()
    const { client: millrace } = await publishing(stream)
    await millrace.buses.put('shop', { eventBytesMax: 600 })
    await outbox.publishAll(client, [
      { ...order(1, { note: 'x'.repeat(1_000) }), type: 'order.placed' },
      { ...order(2), type: 'order.placed' },
    ])
    await expect
      .poll(() => millrace.streams.status('outbox'), { timeout: patienceMs })
      .toMatchObject({ state: 'running', lastError: { code: 'sink.rejected' } })
    expect((await client.query(`SELECT id FROM ${table} WHERE aggregate = 'order/1'`)).rowCount).toBe(1)

    await millrace.buses.put('shop', { eventBytesMax: 10_000 })

    await expect.poll(() => storedIds(millrace), { timeout: patienceMs }).toEqual(['order-1', 'order-2'])
  })

  test('is written by the transactions of postgres as well, and by no pool', async () => {
    const { outbox, table, options } = await place()
    const sql = postgres({ ...options, onnotice: () => {} })
    onTestFinished(() => sql.end())
    await sql.begin(async transaction => {
      await outbox.publish(transaction, { ...order(1), type: 'order.placed' })
    })
    const aborted = sql.begin(async transaction => {
      await outbox.publish(transaction, { ...order(2), type: 'order.placed' })
      throw new Error('changed my mind')
    })
    await expect(aborted).rejects.toThrow('changed my mind')
    await expect(outbox.publish(sql, { ...order(3), type: 'order.placed' })).rejects.toThrow('a pool')
    const pool = new pg.Pool()
    await expect(outbox.publish(pool, { ...order(4), type: 'order.placed' })).rejects.toThrow('a pool')
    expect(await sql.unsafe(`SELECT aggregate FROM ${table}`)).toMatchObject([{ aggregate: 'order/1' }])
  })

  test('loses nothing and stores nothing twice when the server is killed while it publishes', async () => {
    const { outbox, client, stream } = await place()
    const { server, client: millrace } = await publishing(stream)
    const committed: string[] = []
    const write = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) {
        await client.query('BEGIN')
        await outbox.publish(client, { ...order(n), type: 'order.placed' })
        await client.query(n % 7 === 0 ? 'ROLLBACK' : 'COMMIT')
        if (n % 7 !== 0) committed.push(`order-${n}`)
      }
    }
    for (const from of [0, 200, 400]) {
      const before = (await storedIds(millrace)).length
      const writing = write(from, from + 200)
      await expect
        .poll(async () => (await storedIds(millrace)).length, { timeout: patienceMs, interval: 5 })
        .toBeGreaterThan(before)
      await server.kill()
      await writing
      await server.start()
    }
    await expect.poll(() => storedIds(millrace), { timeout: patienceMs }).toEqual(committed.toSorted())
  })
})

await describeService('mariadb', 'an outbox in MariaDB', () => {
  async function place() {
    const { username, ...rest } = reach(await useService('mariadb'))
    const table = newTable()
    const outbox = mysqlOutbox({ table })
    const client = await createConnection({ ...rest, user: username })
    await client.query(outbox.createTable())
    onTestFinished(async () => {
      await client.query(`DROP TABLE ${table}`)
      await client.end()
    })
    const options = { ...rest, username, pollIntervalMs: 20 }
    return { outbox, client, table, stream: outbox.stream('outbox', { bus: 'shop', options }) }
  }

  test('publishes what was committed, nothing that was rolled back, and leaves the table empty', async () => {
    const { outbox, client, table, stream } = await place()
    const typed = shop.outbox(outbox)
    await client.beginTransaction()
    await typed.publish(client, 'order.placed', order(1, { note: '雪 \u0000 🚀 "quoted" \\' }))
    await client.commit()
    await client.beginTransaction()
    await typed.publish(client, 'order.placed', order(2))
    await client.rollback()
    const { server, client: millrace } = await publishing(stream)
    await server.kill()
    await client.beginTransaction()
    await outbox.publishAll(client, [{ source: '/shop', type: 'order.counted', id: 'counted' }])
    await client.commit()
    await server.start()

    await expect.poll(() => storedIds(millrace), { timeout: patienceMs }).toEqual(['counted', 'order-1'])
    const first = (await stored(millrace)).find(({ id }) => id === 'order-1')
    expect(first).toMatchObject({ ...order(1, { note: '雪 \u0000 🚀 "quoted" \\' }), type: 'order.placed' })
    await expect
      .poll(async () => (await client.query(`SELECT id FROM ${table}`))[0], { timeout: patienceMs })
      .toEqual([])
    const pool = createPool({})
    await expect(outbox.publish(pool, { ...order(4), type: 'order.placed' })).rejects.toThrow('a pool')
    await pool.end()
  })
})
