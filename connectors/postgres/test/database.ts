import { randomUUID } from 'node:crypto'
import { type Services, useService } from '@millrace/services'
import pg from 'pg'

type PostgresService = Services['postgres']

/** How a test reaches the server. */
export interface Reach {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
}

export function reachOf({ address, database, user }: PostgresService): Reach {
  const [host = '', port = ''] = address.split(':')
  return { host, port: Number(port), database, username: user.name, password: user.password }
}

/** A connection of the test's own, with names that no other test uses; what has these names is removed with it. */
export class Database implements AsyncDisposable {
  readonly reach: Reach
  /** A beginning for names of tables, slots and publications. */
  readonly name: string = `t${randomUUID().replaceAll('-', '').slice(0, 20)}`
  readonly client: pg.Client

  private constructor(reach: Reach, client: pg.Client) {
    this.reach = reach
    this.client = client
  }

  /** On the shared server, unless another one is given. */
  static async open(service?: PostgresService): Promise<Database> {
    const reach = reachOf(service ?? (await useService('postgres')))
    const { username, ...rest } = reach
    const client = new pg.Client({ ...rest, user: username })
    // A server that is killed on purpose takes the connection with it.
    client.on('error', () => {})
    await client.connect()
    return new Database(reach, client)
  }

  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.client.query<Record<string, unknown>>(text, values)
    return rows
  }

  /** One column of an answer. */
  async column(text: string, values: unknown[] = []): Promise<unknown[]> {
    return (await this.query(text, values)).map(row => Object.values(row)[0])
  }

  /** Another connection with the same names. */
  async another(): Promise<pg.Client> {
    const { username, ...rest } = this.reach
    const client = new pg.Client({ ...rest, user: username })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const like = [`${this.name}%`]
      for (const slot of await this.column(
        'SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE $1',
        like,
      )) {
        await this.#dropSlot(String(slot))
      }
      for (const name of await this.column(
        'SELECT pubname FROM pg_publication WHERE pubname LIKE $1',
        like,
      )) {
        await this.query(`DROP PUBLICATION "${String(name)}"`)
      }
      for (const name of await this.column('SELECT tablename FROM pg_tables WHERE tablename LIKE $1', like)) {
        await this.query(`DROP TABLE "${String(name)}" CASCADE`)
      }
    } finally {
      await this.client.end()
    }
  }

  /** A reader that was cut off holds its slot until the server has noticed. */
  async #dropSlot(slot: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.query(
          'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
          [slot],
        )
        await this.query('SELECT pg_drop_replication_slot($1)', [slot])
        return
      } catch (error) {
        if (tries === 100) throw error
      }
    }
  }
}
