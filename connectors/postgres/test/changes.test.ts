import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import type { Source } from '@millrace/spi'
import { eventOf, SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { inTime, limits, openSource, readData } from './opened.ts'

interface Change {
  op: string
  table: string
  key: Record<string, unknown> | null
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
  unchanged: string[]
  transaction: { id: number; lsn: string; index: number; committedAt: string }
}

/** A table with a slot and a publication of its name. */
async function watched(columns: string): Promise<Database> {
  const database = await Database.open()
  const { name } = database
  await database.query(`CREATE TABLE ${name} (${columns})`)
  await database.query(`CREATE PUBLICATION ${name} FOR TABLE ${name}`)
  await database.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [name])
  return database
}

function openChanges(
  { reach, name }: Pick<Database, 'reach' | 'name'>,
  options: object = {},
  host?: SourceHost,
): Source {
  return openSource({ ...reach, slot: name, publication: name, ...options }, host)
}

async function confirmed(database: Database): Promise<string> {
  const sql = 'SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1'
  return String((await database.column(sql, [database.name]))[0])
}

await describeService('postgres', 'reading changes', () => {
  test('rows that come, change and go are events in the order of commits, with what was before', async () => {
    await using database = await watched('id int PRIMARY KEY, note text')
    const { name } = database
    await using source = openChanges(database)
    const late = await database.another()
    await late.query('BEGIN')
    await late.query(`INSERT INTO ${name} VALUES (3, 'begun first')`)
    await database.query('BEGIN')
    await database.query(`INSERT INTO ${name} VALUES (1, 'a'), (2, 'b')`)
    await database.query('COMMIT')
    await database.query(`UPDATE ${name} SET note = 'c' WHERE id = 1`)
    await database.query(`UPDATE ${name} SET id = 5 WHERE id = 1`)
    await database.query(`DELETE FROM ${name} WHERE id = 2`)
    await late.query('COMMIT')
    await late.end()
    await database.query(`TRUNCATE ${name}`)
    const changes = await readData<Change>(source, 7)
    expect(changes.map(({ op, key, before, after }) => [op, key, before, after])).toEqual([
      ['insert', { id: 1 }, null, { id: 1, note: 'a' }],
      ['insert', { id: 2 }, null, { id: 2, note: 'b' }],
      ['update', { id: 1 }, null, { id: 1, note: 'c' }],
      ['update', { id: 5 }, { id: 1 }, { id: 5, note: 'c' }],
      ['delete', { id: 2 }, { id: 2 }, null],
      ['insert', { id: 3 }, null, { id: 3, note: 'begun first' }],
      ['truncate', undefined, undefined, undefined],
    ])
    expect(changes.map(({ transaction }) => transaction.index)).toEqual([0, 1, 0, 0, 0, 0, 0])
    expect(new Set(changes.map(({ transaction }) => transaction.id)).size).toBe(6)
  })

  test('the event says what it is, of which table, and when', async () => {
    await using database = await watched('id int PRIMARY KEY')
    const { name } = database
    await using source = openChanges(database)
    await database.query(`INSERT INTO ${name} VALUES (1)`)
    const [record] = await source.read(limits, inTime())
    const event = eventOf(record!.event)
    const { transaction } = event.data as Change
    expect(event).toMatchObject({
      id: `${transaction.lsn}-0`,
      source: 'conformance',
      type: 'postgres:Row:Insert',
      subject: `acs:postgresql:local:1000000000000001:/instances/conformance/databases/millrace/schemas/public/tables/${name}`,
      time: transaction.committedAt,
    })
    expect(record!.takenAtMs).toBe(Date.parse(transaction.committedAt))
    expect(await source.lag!(inTime())).toEqual({ ageMs: expect.any(Number) })
  })

  test('values keep their kinds and digits; what PostgreSQL alone knows is its text', async () => {
    await using database = await watched(
      'a bigint PRIMARY KEY, b numeric, c float8, d boolean, e jsonb, f timestamptz, g bytea, h int[], i interval, j text, k numeric',
    )
    await using source = openChanges(database)
    await database.query(
      `INSERT INTO ${database.name} VALUES (9007199254740993, 1.10, 0.1, true, '{"n": 12345678901234567890}', '2026-01-02 03:04:05.678+02', '\\x00ff', '{1,2}', '1 day', NULL, 'NaN')`,
    )
    const [record] = await source.read(limits, inTime())
    expect(Buffer.from(record!.event).toString()).toContain(
      String.raw`"after":{"a":9007199254740993,"b":1.10,"c":0.1,"d":true,"e":{"n": 12345678901234567890},"f":"2026-01-02 01:04:05.678+00","g":"\\x00ff","h":"{1,2}","i":"P1D","j":null,"k":"NaN"}`,
    )
  })

  test('a large value that did not change is named, not made up', async () => {
    await using database = await watched('id int PRIMARY KEY, count int, big text')
    const { name } = database
    await database.query(`ALTER TABLE ${name} ALTER big SET STORAGE EXTERNAL`)
    await using source = openChanges(database)
    await database.query(`INSERT INTO ${name} VALUES (1, 1, repeat('x', 10000))`)
    await database.query(`UPDATE ${name} SET count = 2`)
    const [, update] = await readData<Change>(source, 2)
    expect(update).toMatchObject({ after: { id: 1, count: 2 }, unchanged: ['big'] })
    expect(update!.after).not.toHaveProperty('big')
  })

  test('with the whole row as replica identity, all of the old row is there', async () => {
    await using database = await watched('id int, note text')
    const { name } = database
    await database.query(`ALTER TABLE ${name} REPLICA IDENTITY FULL`)
    await using source = openChanges(database)
    await database.query(`INSERT INTO ${name} VALUES (1, 'a')`)
    await database.query(`UPDATE ${name} SET note = 'b'`)
    await database.query(`DELETE FROM ${name}`)
    const [, update, gone] = await readData<Change>(source, 3)
    expect(update).toMatchObject({ key: null, before: { id: 1, note: 'a' }, after: { id: 1, note: 'b' } })
    expect(gone).toMatchObject({ key: null, before: { id: 1, note: 'b' }, after: null })
  })

  test('a change of columns is an event of its own where it is asked for, and the rows follow it', async () => {
    await using database = await watched('id int PRIMARY KEY')
    const { name } = database
    await using source = openChanges(database, { schemaChanges: true })
    await database.query(`INSERT INTO ${name} VALUES (1)`)
    await database.query(`ALTER TABLE ${name} ADD note text`)
    await database.query(`INSERT INTO ${name} VALUES (2, 'a')`)
    const [, alter, insert] = await readData<Change & { columns: { name: string }[] }>(source, 3)
    expect(alter).toMatchObject({ op: 'alter', columns: [{ name: 'id', isKey: true }, { name: 'note' }] })
    expect(insert).toMatchObject({ op: 'insert', after: { id: 2, note: 'a' } })
  })

  test('a transaction that was committed in part goes on where it was left, after a restart', async () => {
    await using database = await watched('id int PRIMARY KEY')
    await database.query(`INSERT INTO ${database.name} SELECT generate_series(1, 10)`)
    const host = new SourceHost()
    {
      await using first = openChanges(database, {}, host)
      const records = []
      while (records.length < 10) records.push(...(await first.read(limits, inTime())))
      await first.commit(records.slice(0, 4))
    }
    await using second = openChanges(database, {}, host)
    const changes = await readData<Change>(second, 6)
    expect(changes.map(({ after }) => after!['id'])).toEqual([5, 6, 7, 8, 9, 10])
  })

  test('the server is told nothing that is not in the checkpoint, and all that is', async () => {
    await using database = await watched('id int PRIMARY KEY')
    const { name } = database
    const host = new SourceHost()
    await using source = openChanges(database, {}, host)
    const before = await confirmed(database)
    await database.query(`INSERT INTO ${name} VALUES (1)`)
    const [end] = await database.column('SELECT pg_current_wal_flush_lsn()::text')
    const records = await source.read(limits, inTime())
    // The answer to a question on another connection comes when the server has had time for anything unasked.
    await database.query('SELECT pg_switch_wal()')
    expect(await confirmed(database)).toBe(before)
    await source.commit(records)
    const isTold = async (): Promise<unknown> =>
      (await database.column('SELECT $1::pg_lsn >= $2::pg_lsn', [await confirmed(database), end]))[0]
    await expect.poll(isTold).toBe(true)
  })

  test('a slot moves on while only others write, so that the server can forget', async () => {
    await using database = await watched('id int PRIMARY KEY')
    const { name } = database
    await database.query(`CREATE TABLE ${name}_other (id int)`)
    await database.query(`INSERT INTO ${name} VALUES (1)`)
    await using source = openChanges(database)
    await readData(source, 1)
    await database.query(`INSERT INTO ${name}_other SELECT generate_series(1, 1000)`)
    const [end] = await database.column('SELECT pg_current_wal_lsn()::text')
    const waiting = source.read(limits, AbortSignal.timeout(20_000)).catch(() => [])
    // What the server sends next says how far it is.
    await database.query(`SELECT pg_logical_emit_message(true, 'test', 'x')`)
    const isTold = async (): Promise<unknown> =>
      (await database.column('SELECT $1::pg_lsn >= $2::pg_lsn', [await confirmed(database), end]))[0]
    await expect.poll(isTold, { timeout: 15_000 }).toBe(true)
    await source[Symbol.asyncDispose]()
    await waiting
  }, 30_000)

  test('only the tables that are named are read, and changes keep their places', async () => {
    await using database = await watched('id int PRIMARY KEY')
    const { name } = database
    await database.query(`CREATE TABLE ${name}_other (id int PRIMARY KEY)`)
    await database.query(`ALTER PUBLICATION ${name} ADD TABLE ${name}_other`)
    await using source = openChanges(database, { tables: [name] })
    await database.query('BEGIN')
    await database.query(`INSERT INTO ${name}_other VALUES (1)`)
    await database.query(`INSERT INTO ${name} VALUES (2)`)
    await database.query('COMMIT')
    const [change] = await readData<Change>(source, 1)
    expect(change).toMatchObject({ table: name, after: { id: 2 }, transaction: { index: 1 } })
  })

  test('a row that is too large is a faulty record that shows none of it, and the next one comes', async () => {
    await using database = await watched('id int PRIMARY KEY, note text')
    await using source = openChanges(database, { rowBytesMax: 2_000 })
    await database.query(`INSERT INTO ${database.name} VALUES (1, repeat('hush', 1000)), (2, 'b')`)
    const records = []
    while (records.length < 2) records.push(...(await source.read(limits, inTime())))
    expect(records[0]!.fault).toMatchObject({ code: 'record.too-large' })
    expect(eventOf(records[0]!.event).data).toMatchObject({ op: 'insert', after: null })
    expect(Buffer.from(records[0]!.event).toString()).not.toContain('hush')
    expect(eventOf(records[1]!.event).data).toMatchObject({ after: { id: 2 } })
  })

  test('slot and publication are created when that is asked for, and told about otherwise', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
    {
      await using missing = openChanges(database)
      const read = missing.read(limits, inTime())
      await expect(read).rejects.toMatchObject({ code: 'source.not-found', retry: { kind: 'never' } })
      await expect(read).rejects.toThrow(`has no publication ${name}`)
      await database.query(`CREATE PUBLICATION ${name} FOR TABLE ${name}`)
      await expect(missing.read(limits, inTime())).rejects.toThrow(`has no replication slot ${name}`)
      await database.query(`DROP PUBLICATION ${name}`)
    }
    await using source = openChanges(database, { create: true, tables: [name] })
    const read = readData<Change>(source, 1)
    const slots = 'SELECT count(*)::int FROM pg_replication_slots WHERE slot_name = $1 AND active'
    await expect.poll(() => database.column(slots, [name])).toEqual([1])
    await database.query(`INSERT INTO ${name} VALUES (1)`)
    expect(await read).toMatchObject([{ after: { id: 1 } }])
  })

  test('a slot of another plug-in, one in use and a role without replication are refused in words', async () => {
    await using database = await watched('id int PRIMARY KEY')
    const { name, reach } = database
    const { stranger } = await useService('postgres')
    await database.query("SELECT pg_create_logical_replication_slot($1, 'test_decoding')", [`${name}_other`])
    await using first = openChanges(database)
    await database.query(`INSERT INTO ${name} VALUES (1)`)
    await first.read(limits, inTime())
    const cases: [object, string, RegExp][] = [
      [{ slot: `${name}_other` }, 'source.rejected', /read by the plug-in test_decoding/],
      [{}, 'source.failed', /has the slot in use by another reader/],
      [{ username: stranger.name, password: stranger.password }, 'source.unauthorized', /REPLICATION/],
      [{ password: 'hush' }, 'source.unauthorized', /look at username, password/],
      [{ database: 'no' }, 'source.not-found', /no such database/],
    ]
    for (const [options, code, words] of cases) {
      await using source = openChanges({ name, reach }, options)
      const read = source.read(limits, inTime())
      await expect(read).rejects.toMatchObject({ code })
      await expect(read).rejects.toThrow(words)
      await expect(read).rejects.not.toThrow('hush')
    }
  })
})

await describeService('postgres', 'the snapshot before the first change', () => {
  test('has every row once, and what was changed meanwhile follows it', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await database.query(`INSERT INTO ${name} SELECT n, 'old' FROM generate_series(1, 500) n`)
    const options = { create: true, tables: [name], snapshot: 'initial', prefetch: 20 }
    const host = new SourceHost()
    await using source = openChanges(database, options, host)
    const first = await source.read(limits, inTime())
    await source.commit(first)
    await database.query(`UPDATE ${name} SET note = 'new' WHERE id IN (1, 500)`)
    await database.query(`INSERT INTO ${name} VALUES (501, 'new')`)
    const rest = await readData<Change>(source, 503 - first.length)
    const all = [...first.map(({ event }) => eventOf(event).data as Change), ...rest]
    expect(all.slice(0, 500).map(({ op, after }) => [op, after])).toEqual(
      Array.from({ length: 500 }, (_, at) => ['snapshot', { id: at + 1, note: 'old' }]),
    )
    expect(all.slice(500).map(({ op, after }) => [op, after!['id'], after!['note']])).toEqual([
      ['update', 1, 'new'],
      ['update', 500, 'new'],
      ['insert', 501, 'new'],
    ])
    expect(all[0]).toMatchObject({ key: { id: 1 }, before: null, transaction: { id: null } })
    // It is taken once: the next start goes on with the changes.
    await source[Symbol.asyncDispose]()
    await database.query(`INSERT INTO ${name} VALUES (502, 'later')`)
    await using second = openChanges(database, options, host)
    expect(await readData<Change>(second, 1)).toMatchObject([{ op: 'insert', after: { id: 502 } }])
  })

  test('begins anew when it was not finished, and an empty one is finished at once', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
    await database.query(`INSERT INTO ${name} SELECT generate_series(1, 50)`)
    const options = { create: true, tables: [name], snapshot: 'initial', prefetch: 10 }
    const host = new SourceHost()
    {
      await using source = openChanges(database, options, host)
      await source.commit(await source.read(limits, inTime()))
    }
    await database.query(`DELETE FROM ${name}`)
    await using second = openChanges(database, options, host)
    const read = readData<Change>(second, 1)
    const done = async (): Promise<boolean> =>
      (await host.checkpoints.load('changes'))?.includes('done') ?? false
    await expect.poll(done).toBe(true)
    await database.query(`INSERT INTO ${name} VALUES (99)`)
    expect(await read).toMatchObject([{ op: 'insert', after: { id: 99 } }])
  })

  test('is not taken of a slot that is somebody else’s', async () => {
    await using database = await watched('id int PRIMARY KEY')
    await using source = openChanges(database, { snapshot: 'initial' })
    for (let tries = 0; tries < 2; tries++) {
      await expect(source.read(limits, inTime())).rejects.toThrow(/the slot .* already; an initial snapshot/)
    }
    expect(
      await database.column('SELECT count(*)::int FROM pg_replication_slots WHERE slot_name = $1', [
        database.name,
      ]),
    ).toEqual([1])
  })
})
