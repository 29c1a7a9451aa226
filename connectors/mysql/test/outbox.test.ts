import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { inTime, limits, openSource, readData } from './opened.ts'

interface Message {
  readonly id: string
  readonly aggregate: string | null
  readonly body: unknown
}

await describeService('mariadb', 'the mysql outbox', () => {
  test('a transaction that commits late with a smaller id is not lost', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (id bigint AUTO_INCREMENT PRIMARY KEY, payload json)`)
    await using source = openSource({ ...database.reach, mode: 'outbox', table: name, pollIntervalMs: 20 })
    const slow = await database.another()
    try {
      await slow.query('BEGIN')
      await slow.query(`INSERT INTO ${name} (payload) VALUES ('"late"')`)
      await database.query(`INSERT INTO ${name} (payload) VALUES ('"early"')`)
      const [early] = await readData<Message>(source, 1)
      expect(early).toMatchObject({ id: '2', body: 'early' })
      const next = readData<Message>(source, 1)
      await slow.query('COMMIT')
      expect(await next).toMatchObject([{ id: '1', body: 'late' }])
    } finally {
      await slow.end()
    }
    expect(await database.column(`SELECT COUNT(*) FROM ${name}`)).toEqual([0])
  })

  test('of many transactions that commit out of order every row is read once', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (id bigint AUTO_INCREMENT PRIMARY KEY, payload text)`)
    await using source = openSource({
      ...database.reach,
      mode: 'outbox',
      table: name,
      pollIntervalMs: 10,
      prefetch: 7,
    })
    const writers = await Promise.all([0, 1, 2, 3].map(() => database.another()))
    const write = async (writer: (typeof writers)[number], number: number): Promise<void> => {
      for (let round = 0; round < 20; round++) {
        await writer.query('BEGIN')
        for (let row = 0; row < 3; row++) {
          await writer.query(`INSERT INTO ${name} (payload) VALUES (?)`, [`"${number}-${round}-${row}"`])
        }
        await writer.query(round % 5 === number ? 'ROLLBACK' : 'COMMIT')
      }
      await writer.end()
    }
    const [found] = await Promise.all([
      readData<Message>(source, 4 * 16 * 3),
      ...writers.map((writer, number) => write(writer, number)),
    ])
    expect(new Set(found.map(({ body }) => body)).size).toBe(4 * 16 * 3)
    expect(await database.column(`SELECT COUNT(*) FROM ${name}`)).toEqual([0])
  })

  test('columns give type, aggregate and time; rows that are done are marked', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(
      `CREATE TABLE ${name} (id binary(2) PRIMARY KEY, body blob, kind varchar(50), about int, at datetime(3), done datetime(6))`,
    )
    await database.query(
      `INSERT INTO ${name} VALUES ('a1', x'00ff', 'order.created', 7, '2026-02-03 04:05:06.789', NULL), ('a0', NULL, NULL, NULL, NULL, NOW())`,
    )
    await using source = openSource({
      ...database.reach,
      mode: 'outbox',
      table: name,
      payloadColumn: 'body',
      typeColumn: 'kind',
      aggregateColumn: 'about',
      timeColumn: 'at',
      bodyForm: 'binary',
      committed: 'mark',
      markColumn: 'done',
    })

    const records = await source.read(limits, inTime())
    expect(records).toHaveLength(1)
    expect(JSON.parse(Buffer.from(records[0]!.event).toString())).toMatchObject({
      type: 'order.created',
      time: '2026-02-03T04:05:06.789Z',
      data: { schema: 'millrace', table: name, id: 'a1', aggregate: '7', body: 'AP8=' },
    })
    await source.commit(records)
    expect(await database.column(`SELECT COUNT(*) FROM ${name} WHERE done IS NULL`)).toEqual([0])
  })

  test('no more rows are held than the limit says until some are committed', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, payload text)`)
    await database.query(`INSERT INTO ${name} SELECT seq, seq FROM seq_1_to_10`)
    await using source = openSource({ ...database.reach, mode: 'outbox', table: name, prefetch: 4 })

    const first = await source.read(limits, inTime())
    expect(first).toHaveLength(4)
    const second = source.read(limits, inTime())
    await source.commit(first)
    expect(await second).toHaveLength(4)
  })

  test('a table that is not there is said in words, and read when it comes', async () => {
    await using database = await Database.open()
    const { name } = database
    await using source = openSource({ ...database.reach, mode: 'outbox', table: name })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.not-found' })
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, payload text)`)
    await database.query(`INSERT INTO ${name} VALUES (1, '1')`)
    expect(await readData<Message>(source, 1)).toMatchObject([{ body: 1 }])
  })
})
