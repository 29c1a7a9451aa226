import { describeService } from '@millrace/services/vitest'
import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector } from '../src/index.ts'
import { Database } from './database.ts'
import { aServerId, logEnd } from './opened.ts'

await describeService('mariadb', 'both contracts', () => {
  sourceSuite('mysql changes', connector, changesFixture)
  sourceSuite('mysql outbox, rows deleted', connector, () => outboxFixture({}))
  sourceSuite('mysql outbox, rows marked', connector, () =>
    outboxFixture({ committed: 'mark', markColumn: 'done' }),
  )
  sinkSuite('mysql', connector, tableFixture)
})

async function changesFixture(): Promise<SourceFixture> {
  const database = await Database.open()
  const { name } = database
  await database.query(`CREATE TABLE ${name} (n bigint AUTO_INCREMENT PRIMARY KEY, body text)`)
  return {
    connector,
    options: { ...database.reach, tables: [name], serverId: aServerId() },
    host: await logEnd(database),
    put: async texts => {
      await database.query(`INSERT INTO ${name} (body) VALUES ?`, [texts.map(text => [text])])
    },
    textOf: data => (data as { after: { body: string } }).after.body,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

async function outboxFixture(options: object): Promise<SourceFixture> {
  const database = await Database.open()
  const { name } = database
  await database.query(
    `CREATE TABLE ${name} (id bigint AUTO_INCREMENT PRIMARY KEY, payload text, done datetime(6))`,
  )
  const put = async (texts: readonly string[]): Promise<void> => {
    await database.query(`INSERT INTO ${name} (payload) VALUES ?`, [texts.map(text => [text])])
  }
  return {
    connector,
    options: { ...database.reach, mode: 'outbox', table: name, pollIntervalMs: 20, ...options },
    put,
    putMalformed: () => put(['{']),
    textOf: data => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** The server refreshes this table only when nobody has looked for a tenth of a second. */
const polling = { timeout: 10_000, interval: 150 }

/** A table that refuses some ids, and at others waits for the lock of a row that the fixture has. */
async function tableFixture({ failing = [], hanging = [] }: SinkBehaviour): Promise<SinkFixture> {
  const database = await Database.open()
  const { name } = database
  const list = (ids: readonly string[]): string => ['', ...ids].map(id => `'${id}'`).join()
  await database.query(
    `CREATE TABLE ${name} (place bigint AUTO_INCREMENT PRIMARY KEY, id varchar(64) CHECK (id NOT IN (${list(failing)})), source text, type text, specversion text, data json)`,
  )
  await database.query(`CREATE TABLE ${name}_gate (id int PRIMARY KEY, passed int)`)
  await database.query(`INSERT INTO ${name}_gate VALUES (1, 0)`)
  await database.query(
    `CREATE TRIGGER ${name}_hangs BEFORE INSERT ON ${name} FOR EACH ROW BEGIN IF NEW.id IN (${list(hanging)}) THEN UPDATE ${name}_gate SET passed = passed + 1; END IF; END`,
  )
  const holder = await database.another()
  await holder.query('BEGIN')
  await holder.query(`UPDATE ${name}_gate SET passed = 1`)
  const waiting = async (): Promise<number> => {
    const sql = `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%${name}%'`
    return Number((await database.column(sql))[0])
  }
  return {
    connector,
    options: { ...database.reach, table: name },
    accepted: async () => (await database.column(`SELECT id FROM ${name} ORDER BY place`)).map(String),
    begun: () => expect.poll(waiting, polling).toBe(1),
    givenUp: () => expect.poll(waiting, polling).toBe(0),
    [Symbol.asyncDispose]: async () => {
      await holder.end()
      await database[Symbol.asyncDispose]()
    },
  }
}
