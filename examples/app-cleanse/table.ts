import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

const columns = ['id', 'name', 'email', 'phone', 'country', 'credit', 'born'] as const
const upsert = `INSERT INTO example_customers (${columns.join(', ')}) VALUES (${columns.map(name => `:${name}`).join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${columns.map(name => `${name} = excluded.${name}`).join(', ')}`

/** A statement of the folder `tables`. */
export function statement(name: string): string {
  return readFileSync(join(import.meta.dirname, 'tables', `${name}.sql`), 'utf8')
}

/**
 * The table of customers where no PostgreSQL is at hand: SQLite in memory behind an HTTP address that takes one row per
 * request. A row that a constraint refuses is answered 422, with what the
 * constraint says as the reason phrase: that is what a dead letter tells.
 */
export class EmbeddedTable implements AsyncDisposable {
  readonly database = new DatabaseSync(':memory:')
  readonly #server: Server = createServer((request, response) => {
    void this.#take(request).then(([status, reason]) => response.writeHead(status, reason).end())
  })

  static async start(): Promise<EmbeddedTable> {
    const table = new EmbeddedTable()
    table.database.exec(statement('sqlite'))
    table.#server.listen(0, '127.0.0.1')
    await once(table.#server, 'listening')
    return table
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/customers`
  }

  /** Of all customers. */
  ids(): string[] {
    const rows = this.database.prepare('SELECT id FROM example_customers').all()
    return rows.map(({ id }) => String(id))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    this.database.close()
  }

  async #take(request: IncomingMessage): Promise<[status: number, reason: string]> {
    try {
      const row = JSON.parse(await text(request)) as Record<string, SQLInputValue>
      this.database.prepare(upsert).run(Object.fromEntries(columns.map(name => [name, row[name] ?? null])))
      return [204, 'No Content']
    } catch (thrown) {
      const { message, errcode } = thrown as Error & { errcode?: number }
      // The low byte tells the class of an error: 19 is a constraint.
      return ((errcode ?? 0) & 0xff) === 19 ? [422, message] : [500, message]
    }
  }
}
