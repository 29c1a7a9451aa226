import { readFileSync } from 'node:fs'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { codes, inTime, limits, messageOf, openSink, openSource, readData, rowRecord } from './opened.ts'

await describeService('postgres', 'TLS', () => {
  test('rows are written and changes are read, when the certificate is trusted and for this server', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
    const ca = readFileSync((await useService('postgres')).authorityFile, 'utf8')
    const changes = { ...reach, slot: name, create: true, tables: [name] }
    for (const tls of [{ ca, serverName: 'elsewhere.example.com' }, {}]) {
      await using sink = openSink({ ...reach, tls, table: name })
      expect(codes(await sink.write([rowRecord({ id: 0 })], inTime()))).toEqual(['sink.untrusted'])
      await using source = openSource({ ...changes, tls })
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.untrusted' })
    }
    await using sink = openSink({ ...reach, tls: { ca }, table: name })
    await using source = openSource({ ...changes, tls: { ca } })
    const read = readData<{ after: unknown }>(source, 1)
    const slots = 'SELECT count(*)::int FROM pg_replication_slots WHERE slot_name = $1 AND active'
    await expect.poll(() => database.column(slots, [name])).toEqual([1])
    expect(codes(await sink.write([rowRecord({ id: 1 })], inTime()))).toEqual(['ok'])
    expect(await read).toMatchObject([{ after: { id: 1 } }])
    const secure =
      'SELECT count(*)::int FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE ssl AND a.query LIKE $1'
    expect(await database.column(secure, [`%${name}%`])).toEqual([2])
  })
})

await describeService('postgres', 'writing rows', () => {
  test('values of all kinds arrive as they are, long numbers with all their digits', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(
      `CREATE TABLE ${name} (id bigint, amount numeric, paid boolean, note text, doc jsonb, word jsonb, tags text[], counts bigint[][], at timestamptz, raw bytea, short varchar(5))`,
    )
    await using sink = openSink({ ...reach, table: name })
    const row =
      '{"id":9007199254740993,"amount":12345678901234567890.10,"paid":true,"note":"a\\"\\\\b\\n,{}","doc":{"n":12345678901234567890},"word":"w","tags":["a,b","c\\"\\\\",null,"NULL",""],"counts":[[9007199254740993,2],[3,4]],"at":"2026-01-02T03:04:05.678Z","raw":"\\\\x00ff","short":"12345"}'
    // Alone, and among others: these are two statements.
    expect(codes(await sink.write([rowRecord(row)], inTime()))).toEqual(['ok'])
    expect(codes(await sink.write([rowRecord(row), rowRecord(row)], inTime()))).toEqual(['ok', 'ok'])
    const rows = await database.query(
      `SELECT id::text, amount::text, paid, note, doc::text, word::text, tags, counts::text, at, encode(raw, 'hex') AS raw, short FROM ${name}`,
    )
    const expected = {
      id: '9007199254740993',
      amount: '12345678901234567890.10',
      paid: true,
      note: 'a"\\b\n,{}',
      doc: '{"n": 12345678901234567890}',
      word: '"w"',
      tags: ['a,b', 'c"\\', null, 'NULL', ''],
      counts: '{{9007199254740993,2},{3,4}}',
      at: new Date('2026-01-02T03:04:05.678Z'),
      raw: '00ff',
      short: '12345',
    }
    expect(rows).toEqual([expected, expected, expected])
  })

  test('columns that a row does not name keep their defaults, and parameters give columns instead of the body', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int, note text DEFAULT 'none', "Order" int)`)
    await using sink = openSink({ ...reach, table: name })
    const records = [
      rowRecord({ id: 1 }),
      rowRecord({ note: null, id: 2 }),
      rowRecord('no JSON', { 'columns.id': '3', 'columns.Order': '7' }),
    ]
    expect(codes(await sink.write(records, inTime()))).toEqual(['ok', 'ok', 'ok'])
    expect(await database.query(`SELECT * FROM ${name} ORDER BY id`)).toEqual([
      { id: 1, note: 'none', Order: null },
      { id: 2, note: null, Order: null },
      { id: 3, note: 'none', Order: 7 },
    ])
  })

  test('bad rows have their reasons, without a value, and the others are written', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(
      `CREATE TABLE ${name} (id int PRIMARY KEY, short varchar(5), amount numeric(5,2), owner text NOT NULL DEFAULT 'me', boss int REFERENCES ${name} (id), at date, CONSTRAINT positive CHECK (amount > 0))`,
    )
    await using sink = openSink({ ...reach, table: name })
    const bad: [object | string, string][] = [
      [{ id: 'hush', short: 'a' }, 'not of the type of its column (column id, SQLSTATE 22P02)'],
      [{ id: 99_999_999_999, short: 'a' }, 'out of the range of its column (column id, SQLSTATE 22003)'],
      [{ id: 1, short: 'hush-hush' }, 'too long for its column (column short, SQLSTATE 22001)'],
      [{ id: 1, short: '\0hush' }, 'SQLSTATE 22021'],
      [{ id: 1, amount: 123_456 }, 'out of the range of its column (SQLSTATE 22003)'],
      [{ id: 1, amount: -1 }, '(constraint positive, SQLSTATE 23514)'],
      [{ id: 1, owner: null }, 'must not be null and has no value (column owner, SQLSTATE 23502)'],
      [{ id: 1, boss: 77 }, `(constraint ${name}_boss_fkey, SQLSTATE 23503)`],
      [{ id: 500, short: 'again' }, `(constraint ${name}_pkey, SQLSTATE 23505)`],
      [{ id: 1, at: 'hush' }, '(column at, SQLSTATE 22007)'],
      [{ id: 1, colour: 'hush' }, `has no column "colour" in table public.${name}; add it`],
      ['hush', 'the body of 4 bytes is not JSON'],
    ]
    await sink.write([rowRecord({ id: 500 })], inTime())
    // Every bad row between good ones of the same columns.
    const records = bad.flatMap(([row], at) => [
      rowRecord(row),
      rowRecord({ id: 1_000 + at, short: 'good' }),
      rowRecord({ id: 2_000 + at, amount: 1 }),
    ])
    const outcomes = await sink.write(records, inTime())
    for (const [at, outcome] of outcomes.entries()) {
      if (at % 3 !== 0) expect(outcome.status).toBe('ok')
      else {
        expect(outcome).toMatchObject({ error: { code: 'sink.rejected', retry: { kind: 'never' } } })
        expect(messageOf(outcome)).toContain(bad[at / 3]![1])
        expect(JSON.stringify(outcome)).not.toMatch(/hush|99999999999|123456/)
        expect(Reflect.get(Object(Reflect.get(outcome, 'error')), 'cause')).toBeUndefined()
      }
    }
    expect(await database.column(`SELECT count(*)::int FROM ${name}`)).toEqual([1 + bad.length * 2])
  })

  test('an upsert sets what the record names, the last of a key wins, and other rows stay', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(
      `CREATE TABLE ${name} (id int, part int, note text, count int, PRIMARY KEY (id, part))`,
    )
    await using sink = openSink({ ...reach, table: name, mode: 'upsert' })
    const rows = [
      { id: 1, part: 1, note: 'first', count: 1 },
      { id: 1, part: 2, note: 'other', count: 5 },
      { part: 1, id: 1, note: 'second', count: 2 },
      { id: 1, part: 1, note: 'third' },
      { id: 1, part: 1, note: 'fourth' },
      { id: 2, part: 1 },
      { id: 2, note: 'no part' },
    ]
    const outcomes = await sink.write(
      rows.map(row => rowRecord(row)),
      inTime(),
    )
    expect(codes(outcomes)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'sink.rejected'])
    expect(messageOf(outcomes[6])).toContain('the row has no column part')
    expect(await database.query(`SELECT * FROM ${name} ORDER BY id, part`)).toEqual([
      { id: 1, part: 1, note: 'fourth', count: 2 },
      { id: 1, part: 2, note: 'other', count: 5 },
      { id: 2, part: 1, note: null, count: null },
    ])
  })

  test('keys that only the server takes for the same are set one after the other', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await using sink = openSink({ ...reach, table: name, mode: 'upsert' })
    const rows = ['{"id":1,"note":"a"}', '{"id":"01","note":"b"}', '{"id":" 1","note":"c"}']
    expect(
      codes(
        await sink.write(
          rows.map(row => rowRecord(row)),
          inTime(),
        ),
      ),
    ).toEqual(['ok', 'ok', 'ok'])
    expect(await database.query(`SELECT * FROM ${name}`)).toEqual([{ id: 1, note: 'c' }])
  })

  test('rows are deleted by their keys, in order with the rows that are written', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await using sink = openSink({ ...reach, table: name, mode: 'upsert' })
    const operations: [number, string][] = [
      [1, 'insert'],
      [2, 'insert'],
      [1, 'delete'],
      [3, 'delete'],
      [3, 'update'],
      [2, 'nonsense'],
    ]
    const records = operations.map(([id, operation]) => rowRecord({ id, note: operation }, { operation }))
    // As a change event has it: no row, but its key.
    records[3] = rowRecord('null', { operation: 'delete', key: '{"id":3}' })
    expect(codes(await sink.write(records, inTime()))).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'sink.rejected',
    ])
    expect(await database.column(`SELECT id FROM ${name} ORDER BY id`)).toEqual([2, 3])
    await using inserting = openSink({ ...reach, table: name })
    const [outcome] = await inserting.write([rowRecord({ id: 2 }, { operation: 'delete' })], inTime())
    expect(messageOf(outcome)).toContain('mode upsert only')
  })

  test('rows that are there already are left as they are in mode ignore', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await using sink = openSink({ ...reach, table: name, mode: 'ignore' })
    const rows = [1, 2, 1].map((id, at) => rowRecord({ id, note: `${at}` }))
    expect(codes(await sink.write(rows, inTime()))).toEqual(['ok', 'ok', 'ok'])
    expect(await database.query(`SELECT * FROM ${name} ORDER BY id`)).toEqual([
      { id: 1, note: '0' },
      { id: 2, note: '1' },
    ])
  })

  test('a table that changes is looked at again', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int, note text)`)
    await using sink = openSink({ ...reach, table: name })
    const write = (...rows: object[]): Promise<string[]> =>
      sink
        .write(
          rows.map(row => rowRecord(row)),
          inTime(),
        )
        .then(codes)
    expect(await write({ id: 1, note: 'a' })).toEqual(['ok'])
    expect(await write({ id: 1, colour: 'a' }, { id: 2 })).toEqual(['sink.rejected', 'ok'])
    await database.query(`ALTER TABLE ${name} ADD colour text, DROP note`)
    expect(await write({ id: 3, colour: 'a' }, { id: 4, colour: 'b' }, { id: 5, note: 'c' })).toEqual([
      'ok',
      'ok',
      'sink.rejected',
    ])
    await database.query(`ALTER TABLE ${name} ALTER colour TYPE int USING 0`)
    expect(await write({ id: 6, colour: 1 }, { id: 7, colour: 2 })).toEqual(['ok', 'ok'])
    await database.query(`DROP TABLE ${name}`)
    expect(await write({ id: 8 })).toEqual(['sink.failed'])
    await database.query(`CREATE TABLE ${name} (id int)`)
    expect(await write({ id: 9 })).toEqual(['ok'])
  })

  test('names are names, whatever they hold', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    const table = `${name}"; DROP TABLE x; --`
    const column = 'a"b) VALUES (1); --'
    await database.query(
      `CREATE TABLE "${table.replaceAll('"', '""')}" ("${column.replaceAll('"', '""')}" int PRIMARY KEY)`,
    )
    await using sink = openSink({ ...reach, table, mode: 'upsert' })
    const rows = [1, 2, 2].map(value => rowRecord({ [column]: value }))
    expect(codes(await sink.write(rows, inTime()))).toEqual(['ok', 'ok', 'ok'])
    expect(await database.column(`SELECT count(*)::int FROM "${table.replaceAll('"', '""')}"`)).toEqual([2])
    await database.query(`DROP TABLE "${table.replaceAll('"', '""')}"`)
  })

  test('what the target lacks is told in words, and may be mended while events wait', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int)`)
    const cases: [object, string, string][] = [
      [{ table: `${name}_no` }, 'sink.failed', 'has no table'],
      [{ table: name, schema: 'no' }, 'sink.failed', 'has no table'],
      [
        { table: name, mode: 'upsert' },
        'sink.failed',
        'has no primary key; create one, or name conflictColumns',
      ],
      [{ table: name, mode: 'upsert', conflictColumns: ['id'] }, 'sink.failed', 'no unique index'],
      [{ table: name, database: 'no' }, 'sink.failed', 'has no such database'],
      [{ table: name, password: 'hush' }, 'sink.unauthorized', 'look at username, password'],
      [{ table: name, port: 1 }, 'sink.unavailable', 'cannot be reached'],
      [{ table: name, tls: {} }, 'sink.untrusted', 'certificate that cannot be verified'],
    ]
    for (const [options, code, words] of cases) {
      await using sink = openSink({ ...reach, ...options })
      const [outcome] = await sink.write([rowRecord({ id: 1 }), rowRecord({ id: 2 })], inTime())
      expect(outcome).toMatchObject({ error: { code, retry: { kind: 'backoff' } } })
      expect(messageOf(outcome)).toContain(words)
      expect(messageOf(outcome)).not.toContain('hush')
    }
  })

  test('a role without permission, one that loses it, and one that gets it', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    const { name: username, password } = (await useService('postgres')).stranger
    await database.query(`CREATE TABLE ${name} (id int)`)
    await using sink = openSink({ ...reach, username, password, table: name })
    const write = (): Promise<string[]> => sink.write([rowRecord({ id: 1 })], inTime()).then(codes)
    expect(await write()).toEqual(['sink.unauthorized'])
    await database.query(`GRANT INSERT ON ${name} TO ${username}`)
    expect(await write()).toEqual(['ok'])
    await database.query(`REVOKE INSERT ON ${name} FROM ${username}`)
    expect(await write()).toEqual(['sink.unauthorized'])
  })

  test('a row that waits for another transaction until there is a deadlock may be tried again', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await database.query(`INSERT INTO ${name} VALUES (1), (2)`)
    await using sink = openSink({ ...reach, table: name, mode: 'upsert' })
    await database.query('BEGIN')
    await database.query(`UPDATE ${name} SET note = 'x' WHERE id = 2`)
    const write = sink.write(
      [1, 2].map(id => rowRecord({ id, note: 'sink' })),
      inTime(),
    )
    const waits =
      "SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
    const other = await database.another()
    await expect
      .poll(async () => (await other.query({ text: waits, values: [`%${name}%`], rowMode: 'array' })).rows[0])
      .toEqual([1])
    await other.end()
    // One of the two is chosen to give up.
    const mine = await database.query(`UPDATE ${name} SET note = 'x' WHERE id = 1`).then(
      () => 'ok',
      () => 'deadlock',
    )
    await database.query('COMMIT')
    const outcomes = await write
    if (mine === 'deadlock') expect(codes(outcomes)).toEqual(['ok', 'ok'])
    else expect(outcomes).toMatchObject([{ error: { code: 'sink.failed', retry: { kind: 'backoff' } } }, {}])
  })
})
