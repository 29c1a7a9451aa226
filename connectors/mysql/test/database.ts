import { randomUUID } from 'node:crypto'
import { type Services, useService } from '@millrace/services'
import { type Connection, createConnection } from 'mysql2/promise'

type MariadbService = Services['mariadb']

/** How a test reaches the server. */
export interface Reach {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
}

export function reachOf({ address, database, user }: MariadbService): Reach {
  const [host = '', port = ''] = address.split(':')
  return { host, port: Number(port), database, username: user.name, password: user.password }
}

/** A connection of the test's own, with names that no other test uses; what has these names is removed with it. */
export class Database implements AsyncDisposable {
  readonly reach: Reach
  /** A beginning for names of tables. */
  readonly name: string = `t${randomUUID().replaceAll('-', '').slice(0, 20)}`
  readonly client: Connection

  private constructor(reach: Reach, client: Connection) {
    this.reach = reach
    this.client = client
  }

  /** On the shared server, unless another one is given. */
  static async open(service?: MariadbService): Promise<Database> {
    const reach = reachOf(service ?? (await useService('mariadb')))
    return new Database(reach, await connect(reach))
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const [rows] = await this.client.query(sql, [...values])
    return rows as Record<string, unknown>[]
  }

  /** One column of an answer. */
  async column(sql: string, values: readonly unknown[] = []): Promise<unknown[]> {
    return (await this.query(sql, values)).map(row => Object.values(row)[0])
  }

  /** Another connection to the same database. */
  another(): Promise<Connection> {
    return connect(this.reach)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const tables = await this.column(
        'SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_name LIKE ?',
        [this.reach.database, `${this.name}%`],
      )
      for (const table of tables) await this.query(`DROP TABLE \`${String(table)}\``)
    } finally {
      await this.client.end()
    }
  }
}

async function connect({ username, ...rest }: Reach): Promise<Connection> {
  const client = await createConnection({ ...rest, user: username, timezone: 'Z', dateStrings: true })
  // A server that is killed on purpose takes the connection with it.
  client.on('error', () => {})
  return client
}
