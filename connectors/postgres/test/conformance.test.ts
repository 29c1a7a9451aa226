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

await describeService('postgres', 'both contracts', () => {
  sourceSuite('postgres changes', connector, changesFixture)
  sourceSuite('postgres outbox, rows kept', connector, () => outboxFixture({ committed: 'keep' }))
  sourceSuite('postgres outbox, rows deleted', connector, () => outboxFixture({ committed: 'delete' }))
  sinkSuite('postgres', connector, tableFixture)
})

async function changesFixture(): Promise<SourceFixture> {
  const database = await Database.open()
  const { name } = database
  await database.query(`CREATE TABLE ${name} (n bigserial PRIMARY KEY, body jsonb)`)
  await database.query(`CREATE PUBLICATION ${name} FOR TABLE ${name}`)
  await database.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [name])
  return {
    connector,
    options: { ...database.reach, slot: name, publication: name },
    put: async texts => {
      await database.query(`INSERT INTO ${name} (body) SELECT unnest($1::jsonb[])`, [texts])
    },
    textOf: data => JSON.stringify((data as { after: { body: unknown } }).after.body),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

async function outboxFixture(options: object): Promise<SourceFixture> {
  const database = await Database.open()
  const { name } = database
  await database.query(`CREATE TABLE ${name} (id bigserial PRIMARY KEY, payload text)`)
  const put = async (texts: readonly string[]): Promise<void> => {
    await database.query(`INSERT INTO ${name} (payload) SELECT unnest($1::text[])`, [texts])
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

/** A table that refuses some ids, and at others waits for a lock that the fixture has. */
async function tableFixture({ failing = [], hanging = [] }: SinkBehaviour): Promise<SinkFixture> {
  const database = await Database.open()
  const { name } = database
  const holder = await database.another()
  const [lock] = await database.column("SELECT ('x' || substr(md5($1), 1, 8))::bit(32)::int", [name])
  await holder.query('SELECT pg_advisory_lock($1)', [lock])
  const quoted = (ids: readonly string[]): string => `ARRAY[${ids.map(id => `'${id}'`).join()}]::text[]`
  await database.query(
    `CREATE TABLE ${name} (place bigserial, id text CHECK (id <> ALL (${quoted(failing)})), source text, type text, specversion text, data jsonb)`,
  )
  await database.query(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id = ANY (${quoted(hanging)}) THEN PERFORM pg_advisory_lock(${String(lock)}); END IF; RETURN NEW; END $$`,
  )
  await database.query(
    `CREATE TRIGGER hangs BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
  )
  const waiting = async (): Promise<number> => {
    const sql =
      "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::bigint::oid AND NOT granted"
    return Number((await database.column(sql, [Number(lock) >>> 0]))[0])
  }
  return {
    connector,
    options: { ...database.reach, table: name },
    accepted: async () => (await database.column(`SELECT id FROM ${name} ORDER BY place`)).map(String),
    begun: () => expect.poll(waiting, { timeout: 10_000 }).toBe(1),
    givenUp: () => expect.poll(waiting, { timeout: 10_000 }).toBe(0),
    [Symbol.asyncDispose]: async () => {
      await holder.end()
      await database.query(`DROP FUNCTION ${name}() CASCADE`)
      await database[Symbol.asyncDispose]()
    },
  }
}
