import { readFileSync } from 'node:fs'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { Database } from './database.ts'
import {
  codes,
  inTime,
  limits,
  logEnd,
  messageOf,
  openSink,
  openSource,
  readData,
  rowRecord,
} from './opened.ts'

await describeService('mariadb', 'the mysql sink', () => {
  describe('rows', () => {
    test('values of every kind fill the columns as the body says them', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(
        `CREATE TABLE ${name} (id bigint unsigned PRIMARY KEY, price decimal(30,10), flag tinyint(1), word varchar(20), at datetime(3), bits bit(8), doc json, raw varbinary(10), day date)`,
      )
      await using sink = openSink({ ...database.reach, table: name })
      const row =
        '{"id":18446744073709551615,"price":12345678901234567890.0123456789,"flag":true,"word":"naïve 🦊","at":"2026-02-03T04:05:06.789+02:00","bits":129,"doc":{"a":[1,"ü"]},"raw":"é","day":"2026-02-03"}'

      expect(codes(await sink.write([rowRecord(row)], inTime()))).toEqual(['ok'])

      const [found] = await database.query(
        `SELECT CAST(id AS CHAR) AS id, price, flag, word, at, bits + 0 AS bits, doc, HEX(raw) AS raw, day FROM ${name}`,
      )
      expect(found).toEqual({
        id: '18446744073709551615',
        price: '12345678901234567890.0123456789',
        flag: 1,
        word: 'naïve 🦊',
        at: '2026-02-03 02:05:06.789',
        bits: 129,
        doc: { a: [1, 'ü'] },
        raw: 'C3A9',
        day: '2026-02-03',
      })
    })

    test('texts that look like SQL are texts, and names that need it are quoted', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (\`or\`\`der\` int PRIMARY KEY, note text)`)
      await using sink = openSink({ ...database.reach, table: name })
      const note = String.raw`'); DROP TABLE x; -- \' "`

      expect(codes(await sink.write([rowRecord({ 'or`der': 1, note })], inTime()))).toEqual(['ok'])
      expect(await database.column(`SELECT note FROM ${name}`)).toEqual([note])
    })

    test('parameters give the columns, and the body is left alone', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
      await using sink = openSink({ ...database.reach, table: name })
      const record = rowRecord('no JSON', { 'columns.id': '7', 'columns.note': 'seven' })

      expect(codes(await sink.write([record], inTime()))).toEqual(['ok'])
      expect(await database.query(`SELECT * FROM ${name}`)).toEqual([{ id: 7, note: 'seven' }])
    })

    test('upsert sets the columns of the record, ignore leaves the row, insert refuses it', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, a text, b text)`)
      await database.query(`INSERT INTO ${name} VALUES (1, 'old', 'kept')`)
      const write = async (mode: string): Promise<string[]> => {
        await using sink = openSink({ ...database.reach, table: name, mode })
        return codes(await sink.write([rowRecord({ id: 1, a: mode })], inTime()))
      }

      expect(await write('insert')).toEqual(['sink.rejected'])
      expect(await write('ignore')).toEqual(['ok'])
      expect(await database.query(`SELECT a, b FROM ${name}`)).toEqual([{ a: 'old', b: 'kept' }])
      expect(await write('upsert')).toEqual(['ok'])
      expect(await database.query(`SELECT a, b FROM ${name}`)).toEqual([{ a: 'upsert', b: 'kept' }])
    })

    test('the last of several rows with one key is what stays', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, a int)`)
      await using sink = openSink({ ...database.reach, table: name, mode: 'upsert' })
      const records = [1, 2, 3].map(a => rowRecord({ id: 1, a }))

      expect(codes(await sink.write(records, inTime()))).toEqual(['ok', 'ok', 'ok'])
      expect(await database.column(`SELECT a FROM ${name}`)).toEqual([3])
    })

    test('a batch larger than one statement may be is written by several', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note longtext)`)
      await using sink = openSink({ ...database.reach, table: name, statementBytesMax: 65_536 })
      const records = Array.from({ length: 300 }, (_, id) => rowRecord({ id, note: 'x'.repeat(1_000) }))

      expect(new Set(codes(await sink.write(records, inTime())))).toEqual(new Set(['ok']))
      expect(await database.column(`SELECT COUNT(*) FROM ${name}`)).toEqual([300])
      const [large] = await sink.write([rowRecord({ id: 999, note: 'x'.repeat(70_000) })], inTime())
      expect(messageOf(large)).toMatch(/70\d{3} bytes, above the limit of 65536/)
    })
  })

  describe('bad rows', () => {
    test('each is refused with number, SQLSTATE and column, and never with its value; all others are written', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(
        `CREATE TABLE ${name} (id int PRIMARY KEY, n tinyint, word varchar(3), must text NOT NULL, at date, CHECK (n <> 13))`,
      )
      await using sink = openSink({ ...database.reach, table: name })
      const good = { n: 1, word: 'abc', must: 'x', at: '2026-01-01' }
      const secret = 'hush-hush'
      const bad = [
        { ...good, n: 1_000 },
        { ...good, n: secret },
        { ...good, word: secret },
        { ...good, must: null },
        { ...good, at: secret },
        { ...good, n: 13 },
      ]
      const records = Array.from({ length: 60 }, (_, id) => rowRecord({ id, ...(bad[id / 10] ?? good) }))

      const outcomes = await sink.write(records, inTime())

      const failures = outcomes.flatMap((outcome, at) =>
        outcome.status === 'ok' ? [] : [[at, messageOf(outcome)] as const],
      )
      expect(failures.map(([at]) => at)).toEqual([0, 10, 20, 30, 40, 50])
      const messages = failures.map(([, message]) => message)
      expect(messages[0]).toMatch(/out of the range .*\(error 1264, SQLSTATE 22003, column "n"\)/)
      expect(messages[1]).toMatch(/error 1366.*column "n"/)
      expect(messages[2]).toMatch(/error 1406, SQLSTATE 22001, column "word"/)
      expect(messages[3]).toMatch(/error 1048.*column "must"/)
      expect(messages[4]).toMatch(/error 1292.*column "at"/)
      expect(messages[5]).toMatch(/breaks a check/)
      expect(messages.join()).not.toContain(secret)
      expect(await database.column(`SELECT COUNT(*) FROM ${name}`)).toEqual([54])
    })

    test('bodies that are no rows are refused, and the others of the batch are written', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      await using sink = openSink({ ...database.reach, table: name })
      const records = ['[1]', '{', '{"id":1}', '{"id":2,"nothing":3}', '{"id":4}'].map(text =>
        rowRecord(text),
      )

      const outcomes = await sink.write(records, inTime())

      expect(codes(outcomes)).toEqual(['sink.rejected', 'sink.rejected', 'ok', 'sink.rejected', 'ok'])
      expect(messageOf(outcomes[3])).toMatch(/no column "nothing"/)
    })
  })

  describe('tables that change', () => {
    test('a table that is not there is waited for; a column that comes later is found', async () => {
      await using database = await Database.open()
      const { name } = database
      await using sink = openSink({ ...database.reach, table: name })
      const [absent] = await sink.write([rowRecord({ id: 1 })], inTime())
      expect(absent).toMatchObject({ error: { code: 'sink.failed', retry: { kind: 'backoff' } } })
      expect(messageOf(absent)).toContain('create it')

      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, old int)`)
      expect(codes(await sink.write([rowRecord({ id: 1, old: 1 })], inTime()))).toEqual(['ok'])
      await database.query(`ALTER TABLE ${name} DROP COLUMN old, ADD COLUMN note text`)
      const outcomes = await sink.write(
        [rowRecord({ id: 2, note: 'n' }), rowRecord({ id: 3, old: 3 }), rowRecord({ id: 4 })],
        inTime(),
      )
      expect(codes(outcomes)).toEqual(['ok', 'sink.rejected', 'ok'])
    })
  })

  describe('access', () => {
    test('a wrong password and a missing permission say what to do, and nothing secret', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      const write = async (change: object): Promise<string> => {
        await using sink = openSink({ ...database.reach, table: name, ...change })
        const [outcome] = await sink.write([rowRecord({ id: 1 })], inTime())
        return messageOf(outcome)
      }

      expect(await write({ password: 'not-the-password' })).toMatch(
        /look at username and password \(error 1045/,
      )
      expect(await write({ password: 'not-the-password' })).not.toContain('not-the-password')
      expect(await write({ username: 'stranger', password: 'stranger-on-loopback' })).toMatch(/GRANT/)
      expect(await write({ database: 'nowhere' })).toMatch(/no such database/)
      expect(await write({ port: 1 })).toMatch(/cannot be reached/)
      expect(await write({ tls: { serverName: 'localhost' } })).toMatch(/certificate that cannot be verified/)
    })
  })

  describe('statements', () => {
    test('each record has its statement executed as it is, and one that fails fails alone', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, a text)`)
      await using sink = openSink({ ...database.reach, mode: 'statement' })
      const statements = [
        `INSERT INTO ${name} (id, a) VALUES (1, 'é')`,
        `INSERT INTO ${name} (id) VALUES (1)`,
        'nonsense',
        `UPDATE ${name} SET a = 'changed' WHERE id = 1`,
        `DELETE FROM ${name}; DELETE FROM ${name}`,
      ]
      const records = [
        ...statements.map(statement => outgoing('s', { parameters: { statement } })),
        outgoing('without'),
      ]

      const outcomes = await sink.write(records, inTime())

      expect(codes(outcomes)).toEqual([
        'ok',
        'sink.rejected',
        'sink.rejected',
        'ok',
        'sink.rejected',
        'sink.rejected',
      ])
      expect(await database.query(`SELECT * FROM ${name}`)).toEqual([{ id: 1, a: 'changed' }])
    })
  })
})

await describeService('mariadb', 'mysql over TLS', () => {
  test('rows are written and changes are read, when the certificate is trusted and for this server', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
    const host = await logEnd(database)
    const ca = readFileSync((await useService('mariadb')).authorityFile, 'utf8')
    const changes = { ...reach, tables: [name] }
    for (const tls of [{ ca, serverName: 'elsewhere.example.com' }, { serverName: 'localhost' }]) {
      await using sink = openSink({ ...reach, tls, table: name })
      expect(codes(await sink.write([rowRecord({ id: 0 })], inTime()))).toEqual(['sink.untrusted'])
      await using source = openSource({ ...changes, tls }, host)
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.untrusted' })
    }
    await database.query(`CREATE USER ${name}@'%' IDENTIFIED BY 'only-by-tls' REQUIRE SSL`)
    await database.query(`GRANT ALL ON *.* TO ${name}@'%'`)
    try {
      const login = { username: name, password: 'only-by-tls', tls: { ca, serverName: 'localhost' } }
      await using sink = openSink({ ...reach, ...login, table: name })
      await using source = openSource({ ...changes, ...login }, host)
      expect(codes(await sink.write([rowRecord({ id: 1 })], inTime()))).toEqual(['ok'])
      expect(await readData<{ after: unknown }>(source, 1)).toMatchObject([{ after: { id: 1 } }])
    } finally {
      await database.query(`DROP USER ${name}@'%'`)
    }
  })
})
