import { type ClientClock, systemClientClock } from '../clock.ts'
import { completeEvent } from '../complete-event.ts'
import type { EventInput } from '../events.ts'
import type { StreamSpec } from '../streams.ts'
import { defineStream, type WiringItem } from '../wiring.ts'
import type { MysqlConnection, PostgresConnection } from './connection.ts'
import { type Dialect, mysqlDialect, type OutboxTable, postgresDialect } from './dialect.ts'

export interface OutboxOptions {
  /** Table of the outbox; `millrace_outbox` unless told. */
  readonly table?: string
  /** Schema of the table, with PostgreSQL; `public` unless told. */
  readonly schema?: string
  readonly clock?: ClientClock
}

/** What empties an outbox. Whatever else a stream can be told stands beside it. */
export interface OutboxStreamOptions extends Omit<Partial<StreamSpec>, 'source' | 'sink' | 'transform'> {
  /** Where the events go. Give it a `dedupWindowMs`: then a repetition after a crash is not stored. */
  readonly bus: string
  /** Named external system with the address and the credentials of the database. */
  readonly instance?: string
  /** Further options of the connector's source: `pollIntervalMs`, or the address where there is no instance. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** Rows that one statement writes at most. */
const rowsMax = 500

/**
 * A table in the database of an application, into which it writes its events in the transactions that they tell of: what is
 * committed is published, what is rolled back never was. A stream reads the table, publishes, and deletes what is stored.
 *
 * Events are published at least once, by their own ids, in the order of the rows: of transactions that overlap, not in that of
 * their ends. One that has to be tried again comes behind later ones.
 */
export class Outbox<Connection> {
  readonly #dialect: Dialect<Connection>
  readonly #table: OutboxTable
  readonly #clock: ClientClock

  constructor(dialect: Dialect<Connection>, options: OutboxOptions = {}) {
    this.#dialect = dialect
    this.#table = { schema: options.schema ?? 'public', table: options.table ?? 'millrace_outbox' }
    this.#clock = options.clock ?? systemClientClock
  }

  /** The statement that makes the table where it is not there; for a migration of the application. */
  createTable(): string {
    return this.#dialect.createTable(this.#table)
  }

  /**
   * Writes an event into the table, by the connection on which the transaction runs; resolves with its id. Rejects with what the
   * driver says, and with a TypeError when it is given a pool.
   */
  async publish(connection: Connection, event: EventInput): Promise<{ id: string }> {
    const [id = ''] = await this.publishAll(connection, [event])
    return { id }
  }

  /** Writes several events; resolves with their ids. */
  async publishAll(connection: Connection, events: readonly EventInput[]): Promise<string[]> {
    const time = new Date(this.#clock.nowMs()).toISOString()
    const complete = events.map(event => completeEvent({ time, ...event }))
    for (let from = 0; from < complete.length; from += rowsMax) {
      const rows = complete.slice(from, from + rowsMax).map(event => ({
        type: event.type,
        aggregate: event.subject,
        payload: JSON.stringify(event),
      }))
      await this.#dialect.insert(connection, this.#table, rows)
    }
    return complete.map(({ id }) => id)
  }

  /**
   * The stream that publishes what is in the table. It tries for a day and then stops before the event, so that nothing is
   * passed over; say `onExhausted` or `deadLetter` for another end.
   */
  stream(name: string, { bus, instance, options, ...more }: OutboxStreamOptions): WiringItem {
    return defineStream(name, {
      retry: { strategy: 'EXPONENTIAL_DECAY_RETRY' },
      ...(more.deadLetter === undefined ? { onExhausted: 'block' as const } : {}),
      ...more,
      source: {
        connector: this.#dialect.connector,
        ...(instance === undefined ? {} : { instance }),
        options: {
          mode: 'outbox',
          ...this.#dialect.source(this.#table),
          typeColumn: 'type',
          aggregateColumn: 'aggregate',
          timeColumn: 'created_at',
          committed: 'delete',
          ...options,
        },
      },
      transform: { form: 'JSONPATH', value: '$.data.body' },
      sink: { bus },
    })
  }
}

/** An outbox in PostgreSQL. */
export function postgresOutbox(options: OutboxOptions = {}): Outbox<PostgresConnection> {
  return new Outbox(postgresDialect, options)
}

/** An outbox in MySQL or MariaDB. */
export function mysqlOutbox(options: OutboxOptions = {}): Outbox<MysqlConnection> {
  return new Outbox(mysqlDialect, options)
}
