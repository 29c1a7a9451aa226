import { checkConnection, type MysqlConnection, type PostgresConnection } from './connection.ts'

export interface OutboxTable {
  /** Schema of PostgreSQL; unused with MySQL, where a table is one of the connection's database. */
  readonly schema: string
  readonly table: string
}

/** What the rows of an event are made of. */
export interface OutboxRow {
  readonly type: string
  readonly aggregate: string | undefined
  /** The event in JSON. */
  readonly payload: string
}

/** How one system is spoken to. */
export interface Dialect<Connection> {
  readonly connector: string
  /** A statement that makes the table where it is not there. */
  createTable(table: OutboxTable): string
  /** Options of the connector's source that name the table. */
  source(table: OutboxTable): Record<string, unknown>
  insert(connection: Connection, table: OutboxTable, rows: readonly OutboxRow[]): PromiseLike<unknown>
}

export const postgresDialect: Dialect<PostgresConnection> = {
  connector: 'postgres',
  createTable: table => `CREATE TABLE IF NOT EXISTS ${postgresName(table)} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type text NOT NULL,
  aggregate text,
  payload json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
)`,
  source: ({ schema, table }) => ({ schema, table }),
  async insert(connection, table, rows) {
    checkConnection(connection)
    const places = rows.map((_, at) => `($${at * 3 + 1}, $${at * 3 + 2}, $${at * 3 + 3}::text::json)`)
    const text = `INSERT INTO ${postgresName(table)} (type, aggregate, payload) VALUES ${places.join()}`
    await ('unsafe' in connection
      ? connection.unsafe(text, valuesOf(rows))
      : connection.query(text, valuesOf(rows)))
  },
}

export const mysqlDialect: Dialect<MysqlConnection> = {
  connector: 'mysql',
  createTable: table => `CREATE TABLE IF NOT EXISTS ${mysqlName(table)} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  type VARCHAR(1024) NOT NULL,
  aggregate TEXT,
  payload LONGTEXT NOT NULL,
  created_at DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  source: ({ table }) => ({ table }),
  async insert(connection, table, rows) {
    checkConnection(connection)
    const places = rows.map(() => '(?, ?, ?)').join()
    const sql = `INSERT INTO ${mysqlName(table)} (type, aggregate, payload) VALUES ${places}`
    await connection.execute(sql, valuesOf(rows))
  },
}

function valuesOf(rows: readonly OutboxRow[]): (string | null)[] {
  return rows.flatMap(({ type, aggregate, payload }) => [type, aggregate ?? null, payload])
}

function postgresName({ schema, table }: OutboxTable): string {
  return [schema, table].map(name => `"${name.replaceAll('"', '""')}"`).join('.')
}

function mysqlName({ table }: OutboxTable): string {
  return `\`${table.replaceAll('`', '``')}\``
}
