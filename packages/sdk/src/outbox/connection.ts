/**
 * A connection to PostgreSQL on which a transaction runs: a client of `pg` (`client.query`), or what `sql.begin` of
 * `postgres` hands over (`sql.unsafe`).
 */
export type PostgresConnection =
  | { query(text: string, values: (string | null)[]): PromiseLike<unknown> }
  | { unsafe(text: string, values: (string | null)[]): PromiseLike<unknown> }

/** A connection to MySQL or MariaDB on which a transaction runs: one of `mysql2/promise`. */
export interface MysqlConnection {
  execute(sql: string, values: (string | null)[]): PromiseLike<unknown>
}

/** Throws a TypeError for a pool, which would take another connection than that of the transaction. */
export function checkConnection(connection: object): void {
  const isPool =
    'totalCount' in connection ||
    'getConnection' in connection ||
    ('begin' in connection && !('savepoint' in connection))
  if (!isPool) return
  throw new TypeError(
    'this is a pool of connections: give the connection that has the transaction, so that both are committed or neither is',
  )
}
