import { faultProxy, ownService, type Services } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import type { Sink, Source } from '@millrace/spi'
import { eventOf, SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { Database, reachOf } from './database.ts'
import { codes, inTime, limits, openSink, openSource, rowRecord } from './opened.ts'

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 50))

/** Writes rows until each is taken, as delivery does. */
async function insist(sink: Sink, rows: readonly object[]): Promise<void> {
  let left = [...rows]
  while (left.length > 0) {
    const outcomes = await sink.write(
      left.map(row => rowRecord(row)),
      inTime(),
    )
    left = left.filter((_row, at) => outcomes[at]!.status !== 'ok')
    if (left.length > 0) await pause()
  }
}

/** Reads and commits until so many ids were seen, as a stream does; each id with how often it came. */
async function readAll(
  source: Source,
  count: number,
  seen: Map<number, number>,
): Promise<Map<number, number>> {
  const signal = inTime()
  while (seen.size < count) {
    try {
      const records = await source.read(limits, signal)
      for (const { event } of records) {
        const { after } = eventOf(event).data as { after: { id: number } }
        seen.set(after.id, (seen.get(after.id) ?? 0) + 1)
      }
      await source.commit(records)
    } catch (error) {
      if (signal.aborted) throw error
      await pause()
    }
  }
  return seen
}

async function watch(database: Database): Promise<void> {
  const { name } = database
  await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
  await database.query(`CREATE PUBLICATION ${name} FOR TABLE ${name}`)
  await database.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [name])
}

function through(address: string, reach: ReturnType<typeof reachOf>): ReturnType<typeof reachOf> {
  const [host = '', port = ''] = address.split(':')
  return { ...reach, host, port: Number(port) }
}

await describeService('postgres', 'faults', () => {
  test('a server that is killed and started again in the middle loses no row and no change', async () => {
    await using server: Services['postgres'] & Awaited<ReturnType<typeof ownService>> =
      await ownService('postgres')
    const reach = reachOf(server)
    const name = 'killed'
    await server.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await server.query(`CREATE PUBLICATION ${name} FOR TABLE ${name}`)
    await server.query(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`)
    await using sink = openSink({ ...reach, table: name, mode: 'upsert' })
    await using source = openSource({ ...reach, slot: name, publication: name })
    const count = 4_000
    const seen = new Map<number, number>()
    const reading = readAll(source, count, seen)
    const writing = (async () => {
      for (let id = 0; id < count; id += 20) {
        await insist(
          sink,
          Array.from({ length: 20 }, (_, at) => ({ id: id + at, note: 'a' })),
        )
      }
    })()
    await expect.poll(() => seen.size, { timeout: 30_000, interval: 2 }).toBeGreaterThan(200)
    expect(seen.size).toBeLessThan(count)
    await server.kill()
    await server.start()
    await writing
    expect((await reading).size).toBe(count)
    expect(await server.query(`SELECT count(*) FROM ${name}`)).toContain(String(count))
  }, 120_000)

  test.each(['cut', 'resetAll'] as const)(
    'a network that breaks (%s) loses no row and no change',
    async fault => {
      await using database = await Database.open()
      await watch(database)
      const { name, reach } = database
      await using proxy = await faultProxy({ target: `${reach.host}:${reach.port}` })
      const proxied = through(proxy.address, reach)
      await using sink = openSink({ ...proxied, table: name, mode: 'upsert' })
      await using source = openSource({ ...proxied, slot: name, publication: name, prefetch: 10 })
      const count = 400
      const reading = readAll(source, count, new Map())
      for (let id = 0; id < count; id += 10) {
        if (id % 100 === 50) proxy[fault]()
        await insist(
          sink,
          Array.from({ length: 10 }, (_, at) => ({ id: id + at, note: 'a' })),
        )
      }
      const seen = await reading
      // The position is known within a process: what the server sends again is not read again.
      expect([...seen.values()].filter(times => times > 1)).toEqual([])
      expect(seen.size).toBe(count)
    },
    60_000,
  )

  test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int)`)
    await using proxy = await faultProxy({ target: `${reach.host}:${reach.port}` })
    await using sink = openSink({ ...through(proxy.address, reach), table: name, connectTimeoutMs: 500 })
    await insist(sink, [{ id: 1 }])
    proxy.stall()
    const reason = new Error('time is up')
    const abort = new AbortController()
    const write = sink.write([rowRecord({ id: 2 })], abort.signal)
    abort.abort(reason)
    await expect(write).rejects.toBe(reason)
    expect(codes(await sink.write([rowRecord({ id: 3 })], inTime()))).toEqual(['sink.unavailable'])
    proxy.resume()
    await insist(sink, [{ id: 4 }])
    expect(await database.column(`SELECT id FROM ${name} WHERE id IN (1, 4) ORDER BY id`)).toEqual([1, 4])
  }, 30_000)

  test('connections that the server ends on purpose are made anew', async () => {
    await using database = await Database.open()
    await watch(database)
    const { name, reach } = database
    await using sink = openSink({ ...reach, table: name })
    await using source = openSource({ ...reach, slot: name, publication: name })
    await insist(sink, [{ id: 1 }])
    const seen = await readAll(source, 1, new Map())
    const end =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace conformance'"
    await database.query(end)
    await insist(sink, [{ id: 2 }])
    expect([...(await readAll(source, 2, seen)).entries()]).toEqual([
      [1, 1],
      [2, 1],
    ])
  }, 30_000)

  test('a server without room for a connection is a failure that may pass', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int)`)
    await database.query(`CREATE ROLE ${name} LOGIN PASSWORD 'narrow' CONNECTION LIMIT 1`)
    await database.query(`GRANT INSERT ON ${name} TO ${name}`)
    const narrow = { ...reach, username: name, password: 'narrow', table: name }
    {
      await using first = openSink(narrow)
      await using second = openSink(narrow)
      expect(codes(await first.write([rowRecord({ id: 1 })], inTime()))).toEqual(['ok'])
      const [outcome] = await second.write([rowRecord({ id: 2 })], inTime())
      expect(outcome).toMatchObject({ error: { code: 'sink.unavailable', retry: { kind: 'backoff' } } })
    }
    await database.query(`DROP OWNED BY ${name}`)
    await database.query(`DROP ROLE ${name}`)
  })

  test('a reader that is slow is not taken for dead, and holds no more than it may', async () => {
    await using database = await Database.open()
    await watch(database)
    const { name, reach } = database
    const role = `${name}_role`
    await database.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'slow'`)
    await database.query(`ALTER ROLE ${role} SET wal_sender_timeout = '1500ms'`)
    await using source = openSource({
      ...reach,
      username: role,
      password: 'slow',
      slot: name,
      publication: name,
      prefetch: 20,
      prefetchBytes: 65_536,
    })
    const count = 20_000
    // Far more than all the buffers on the way hold: the server has to wait with the rest of it.
    await database.query(
      `INSERT INTO ${name} SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, ${count}) n`,
    )
    const first = await source.read({ recordsMax: 10, bytesMax: 1_000_000 }, inTime())
    const pid = 'SELECT active_pid FROM pg_replication_slots WHERE slot_name = $1'
    const [sender] = await database.column(pid, [name])
    const idle =
      'SELECT extract(epoch FROM now() - backend_start)::float8 FROM pg_stat_activity WHERE pid = $1'
    // Twice as long as the server waits for a sign of life.
    await expect
      .poll(async () => (await database.column(idle, [sender]))[0], { timeout: 15_000, interval: 200 })
      .toBeGreaterThan(3)
    const seen = await readAll(source, count - first.length, new Map())
    expect(seen.size + first.length).toBe(count)
    expect(await database.column(pid, [name])).toEqual([sender])
    await source[Symbol.asyncDispose]()
    await database.query(`DROP ROLE ${role}`)
  }, 60_000)

  test('a process that dies loses nothing: another one goes on from the checkpoint', async () => {
    await using database = await Database.open()
    await watch(database)
    const { name, reach } = database
    const host = new SourceHost()
    const options = { ...reach, slot: name, publication: name, prefetch: 50 }
    await database.query(`INSERT INTO ${name} SELECT generate_series(1, 1000)`)
    const dead = openSource(options, host)
    const committed = await dead.read(limits, inTime())
    await dead.commit(committed)
    await dead.read(limits, inTime())
    // As a kill ends it: the server sees the connection go, and hears no goodbye.
    await database.query(
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
      [name],
    )
    await using source = openSource(options, host)
    const seen = await readAll(source, 1_000 - committed.length, new Map())
    expect(Math.min(...seen.keys())).toBe(committed.length + 1)
    await dead[Symbol.asyncDispose]()
  }, 30_000)
})
