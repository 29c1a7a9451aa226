import { describeService } from '@millrace/services/vitest'
import { SourceHost } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { Database } from './database.ts'
import { aServerId, inTime, limits, logEnd, openSource, readData } from './opened.ts'

interface Change {
  readonly op: string
  readonly table: string
  readonly key: unknown
  readonly before: unknown
  readonly after: Record<string, unknown> | null
  readonly unchanged: readonly string[]
  readonly transaction: { readonly id: string; readonly index: number }
}

await describeService('mariadb', 'the mysql source of changes', () => {
  describe('values', () => {
    test('each type of column comes as it was stored, with all its digits', async () => {
      await using database = await Database.open()
      const { name } = database
      const columns: readonly (readonly [definition: string, sql: string, json: unknown])[] = [
        ['bigint unsigned', '18446744073709551615', '18446744073709551615'],
        ['bigint', '-9223372036854775808', '-9223372036854775808'],
        ['bigint', '9007199254740991', 9007199254740991],
        ['int unsigned', '4294967295', 4294967295],
        ['mediumint', '-8388608', -8388608],
        ['tinyint', '-1', -1],
        ['decimal(30,10)', '12345678901234567890.0123456789', '12345678901234567890.0123456789'],
        ['decimal(10,2)', '-0.50', -0.5],
        ['float', '0.1', 0.1],
        ['double', '1e300', 1e300],
        ['bit(12)', "b'101000000001'", 2561],
        ['year', '2026', 2026],
        ['date', "'2026-02-03'", '2026-02-03'],
        ['datetime(6)', "'2026-02-03 04:05:06.789012'", '2026-02-03 04:05:06.789012'],
        ['datetime', "'1000-01-01 00:00:00'", '1000-01-01 00:00:00'],
        ['timestamp(3)', "'2026-02-03 04:05:06.789'", '2026-02-03 04:05:06.789'],
        ['time(2)', "'-12:34:56.78'", '-12:34:56.78'],
        ['varchar(300)', "'naïve 🦊'", 'naïve 🦊'],
        ['char(5) CHARACTER SET latin1', "'é'", 'é'],
        ['longtext', "''", ''],
        ['varbinary(10)', "x'00ff10'", 'AP8Q'],
        ['binary(4)', "x'0100'", 'AQAAAA=='],
        ['blob', "x'fffe'", '//4='],
        ["enum('a,b','c''d')", "'c''d'", "c'd"],
        ["set('x','y','z')", "'x,z'", 'x,z'],
        ['json', `'{"a":[1,"ü"]}'`, '{"a":[1,"ü"]}'],
        // The log does not tell a uuid from sixteen bytes.
        ['uuid', "'123e4567-e89b-12d3-a456-426655440000'", 'Ej5FZ+ibEtOkVkJmVUQAAA=='],
        ['int', 'NULL', null],
      ]
      await database.query("SET time_zone = '+00:00', NAMES utf8mb4")
      await database.query(
        `CREATE TABLE ${name} (${columns.map(([type], at) => `c${at} ${type} NULL`).join()})`,
      )
      const host = await logEnd(database)
      await database.query(`INSERT INTO ${name} VALUES (${columns.map(([, sql]) => sql).join()})`)
      await using source = openSource({ ...database.reach, tables: [name] }, host)

      const [change] = await readData<Change>(source, 1)

      const expected = Object.fromEntries(columns.map(([, , json], at) => [`c${at}`, json]))
      expect(change?.after).toEqual(expected)
    })

    test('before and after stand side by side, the key apart, and what was not logged is named', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int, part int, note text, PRIMARY KEY (id, part))`)
      const host = await logEnd(database)
      await database.query(`INSERT INTO ${name} VALUES (1, 2, 'a')`)
      await database.query(`UPDATE ${name} SET note = 'b'`)
      await database.query("SET binlog_row_image = 'MINIMAL'")
      await database.query(`UPDATE ${name} SET note = 'c'`)
      await database.query(`DELETE FROM ${name}`)
      await using source = openSource({ ...database.reach, tables: [name] }, host)

      const found = await readData<Change>(source, 4)

      const key = { id: 1, part: 2 }
      expect(found.map(({ op, before, after, unchanged }) => ({ op, before, after, unchanged }))).toEqual([
        { op: 'insert', before: null, after: { ...key, note: 'a' }, unchanged: [] },
        { op: 'update', before: { ...key, note: 'a' }, after: { ...key, note: 'b' }, unchanged: [] },
        { op: 'update', before: key, after: { note: 'c' }, unchanged: ['id', 'part'] },
        { op: 'delete', before: key, after: null, unchanged: [] },
      ])
      expect([found[0], found[1], found[3]].map(change => change?.key)).toEqual([key, key, key])
    })

    test('a row above the limit is a fault without its values, and the next one comes', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note longtext)`)
      const host = await logEnd(database)
      await database.query(`INSERT INTO ${name} VALUES (1, REPEAT('x', 5000)), (2, 'y')`)
      await using source = openSource({ ...database.reach, tables: [name], eventBytesMax: 1_024 }, host)

      const records = await source.read(limits, inTime())

      expect(records.map(({ fault }) => fault?.code)).toEqual(['record.too-large', undefined])
      expect(Buffer.from(records[0]!.event).toString()).not.toContain('xxx')
    })
  })

  describe('tables', () => {
    test('a table that changes in the middle is read by the columns of each moment', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, old int)`)
      const host = await logEnd(database)
      await database.query(`INSERT INTO ${name} VALUES (1, 10)`)
      await database.query(`ALTER TABLE ${name} DROP COLUMN old, ADD COLUMN fresh text FIRST`)
      await database.query(`INSERT INTO ${name} VALUES ('f', 2)`)
      await database.query(`DROP TABLE ${name}`)
      await using source = openSource({ ...database.reach, tables: [name] }, host)

      const found = await readData<Change>(source, 2)

      expect(found.map(({ after }) => after)).toEqual([
        { id: 1, old: 10 },
        { fresh: 'f', id: 2 },
      ])
    })

    test('only the tables that were asked for are read, and without any all of the database', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      await database.query(`CREATE TABLE ${name}b (id int PRIMARY KEY)`)
      const [host, another] = [await logEnd(database), await logEnd(database)]
      await database.query(`INSERT INTO ${name}b VALUES (1)`)
      await database.query(`INSERT INTO ${name} VALUES (2)`)
      await using one = openSource(
        { ...database.reach, tables: [`${database.reach.database}.${name}`] },
        host,
      )
      await using all = openSource(database.reach, another)

      expect((await readData<Change>(one, 1)).map(({ table }) => table)).toEqual([name])
      const tables = new Set<string>()
      while (!tables.has(name)) for (const { table } of await readData<Change>(all, 1)) tables.add(table)
      expect(tables).toContain(`${name}b`)
    })
  })

  describe('positions', () => {
    test('within a transaction, reading goes on behind the row that was committed', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      const host = await logEnd(database)
      await database.query('BEGIN')
      for (let id = 1; id <= 6; id++) await database.query(`INSERT INTO ${name} VALUES (${id})`)
      await database.query('COMMIT')
      const options = { ...database.reach, tables: [name] }
      const first = openSource(options, host)
      const read = await first.read({ recordsMax: 3, bytesMax: 1_000_000 }, inTime())
      await first.commit(read.slice(0, 2))
      await first[Symbol.asyncDispose]()

      await using second = openSource(options, host)
      const found = await readData<Change>(second, 4)

      expect(found.map(({ after }) => after?.['id'])).toEqual([3, 4, 5, 6])
    })

    test('a new stream begins at its first read, and there again after a break before any commit', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      await database.query(`INSERT INTO ${name} VALUES (1)`)
      const host = new SourceHost()
      const options = { ...database.reach, tables: [name] }
      const first = openSource(options, host)
      const read = first.read(limits, inTime())
      read.catch(() => {})
      await expect.poll(() => host.checkpoints.load('changes'), { timeout: 20_000 }).toBeDefined()
      await first[Symbol.asyncDispose]()
      await database.query(`INSERT INTO ${name} VALUES (2)`)

      await using second = openSource(options, host)
      expect((await readData<Change>(second, 1)).map(({ after }) => after?.['id'])).toEqual([2])
    })

    test('the oldest change, and those since a moment, can be asked for', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      await database.query('SET timestamp = 1000000000')
      await database.query(`INSERT INTO ${name} VALUES (1)`)
      await database.query('SET timestamp = 1000000010')
      await database.query(`INSERT INTO ${name} VALUES (2)`)
      await database.query('SET timestamp = DEFAULT')
      const read = async (start: unknown, count: number): Promise<unknown[]> => {
        await using source = openSource({ ...database.reach, tables: [name], start })
        return (await readData<Change>(source, count)).map(({ after }) => after?.['id'])
      }

      expect(await read('earliest', 2)).toEqual([1, 2])
      expect(await read({ time: '2001-09-09T01:46:45Z' }, 1)).toEqual([2])
    })

    test('a log that the server has purged, and another server, are said in words', async () => {
      await using database = await Database.open()
      const host = new SourceHost()
      const read = async (checkpoint: object): Promise<unknown> => {
        await host.checkpoints.save(
          'changes',
          JSON.stringify({
            file: 'changes.999999',
            position: 4,
            rows: 0,
            tables: '',
            server: 'server-id 1',
            ...checkpoint,
          }),
        )
        await using source = openSource(database.reach, host)
        return await source.read(limits, inTime()).catch((error: unknown) => error)
      }

      expect(await read({})).toMatchObject({
        code: 'source.rejected',
        message: expect.stringContaining('purged'),
        retry: { kind: 'never' },
      })
      expect(await read({ server: 'another' })).toMatchObject({
        code: 'source.rejected',
        message: expect.stringContaining('begin anew'),
      })
    })

    test('a second reader with the same number takes the log from the first, which says so', async () => {
      await using database = await Database.open()
      const { name, reach } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
      const options = { ...reach, tables: [name], serverId: aServerId() }
      await using first = openSource(options, await logEnd(database))
      await using second = openSource(options, await logEnd(database))
      await database.query(`INSERT INTO ${name} VALUES (1)`)
      await readData(first, 1)
      const failure = first.read(limits, inTime()).catch((thrown: unknown) => thrown)
      await readData(second, 1)

      expect(await failure).toMatchObject({
        code: 'source.failed',
        message: expect.stringContaining('serverId'),
        retry: { kind: 'backoff' },
      })
    })

    test('who may not read the log is told which privileges it takes', async () => {
      await using database = await Database.open()
      await using source = openSource({
        ...database.reach,
        database: 'information_schema',
        username: 'stranger',
        password: 'stranger-on-loopback',
      })
      await expect(source.read(limits, inTime())).rejects.toMatchObject({
        code: 'source.unauthorized',
        message: expect.stringContaining('REPLICATION'),
      })
    })
  })

  describe('much at once', () => {
    test('a transaction larger than what may wait is read in parts, in order, while the server waits', async () => {
      await using database = await Database.open()
      const { name } = database
      await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
      const host = await logEnd(database)
      await database.query(`INSERT INTO ${name} SELECT seq, REPEAT('x', 1000) FROM seq_1_to_20000`)
      await using source = openSource(
        { ...database.reach, tables: [name], prefetch: 50, prefetchBytes: 65_536 },
        host,
      )
      const found: unknown[] = []
      let most = 0
      while (found.length < 20_000) {
        const records = await source.read({ recordsMax: 10_000, bytesMax: 100_000_000 }, inTime())
        most = Math.max(most, records.length)
        for (const { event } of records) {
          const { data } = JSON.parse(Buffer.from(event).toString()) as { data: Change }
          found.push(data.after?.['id'])
        }
        await source.commit(records)
      }
      expect(found).toEqual(Array.from({ length: 20_000 }, (_, at) => at + 1))
      // What waits is what the limit says, and the rows of one event of the log more.
      expect(most).toBeLessThan(100)
    })
  })
})
