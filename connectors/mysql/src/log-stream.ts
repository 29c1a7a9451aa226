import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SourceContext } from '@millrace/spi'
import type { LogPlace, RowChange, Transaction, Values } from './change-event.ts'
import type { LogColumn } from './column-json.ts'
import { lostConnection } from './errors.ts'
import { logError } from './log-settings.ts'
import type { MysqlSourceOptions } from './options.ts'
import { connectionSettings, placeOf } from './session.ts'

/** The server says so often that it is alive when it has nothing else to say. */
const heartbeatMs = 10_000
/** A connection on which nothing was heard for so long is given up. */
const silenceMsMax = 30_000
/** The server gives a reader that reads nothing so long, in seconds, before it hangs up. */
const writeTimeoutSeconds = 3_600
/** Tables whose columns are remembered; when there are more, all are forgotten at the next transaction. */
const tablesMax = 10_000

/** Who is told what the binary log says. */
export interface LogListener {
  onRow(change: RowChange, transaction: Transaction): void
  onEnd(transaction: Transaction): void
  /** Once; nothing comes after it. */
  onFailure(reason: Error): void
}

/** One connection that reads the binary log, by the library zongji. It ends once and for all. */
export class LogStream {
  readonly #context: SourceContext
  readonly #listener: LogListener
  readonly #place: string
  readonly #library: LogLibrary
  readonly #keys = new Map<number, readonly string[]>()
  #at: LogPlace
  #transaction: Transaction | undefined
  #isPaused = false
  #isEnded = false
  #bytesSeen = -1
  #watch: Disposable | undefined

  private constructor(
    library: LogLibrary,
    options: MysqlSourceOptions,
    context: SourceContext,
    from: LogPlace,
    listener: LogListener,
  ) {
    this.#library = library
    this.#context = context
    this.#place = placeOf(options)
    this.#at = from
    this.#listener = listener
  }

  /** Connects and begins at a place; what goes wrong comes to the listener. */
  static async open(
    options: MysqlSourceOptions,
    context: SourceContext,
    from: LogPlace,
    listener: LogListener,
  ): Promise<LogStream> {
    const settings = connectionSettings(options, context)
    const { default: ZongJi } = await import('@vlasky/zongji')
    const library = new ZongJi({ ...settings, jsonStrings: true }) as unknown as LogLibrary
    const stream = new LogStream(library, options, context, from, listener)
    stream.#start(options)
    return stream
  }

  /** Nothing more is taken from the socket, and the server stops sending. */
  pause(): void {
    this.#isPaused = true
    this.#library.connection?.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isEnded) this.#library.connection?.resume()
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#isEnded = true
    this.#watch?.[Symbol.dispose]()
    const stopped = new Promise<void>(resolve => this.#library.once('stopped', () => resolve()))
    this.#library.stop()
    await stopped
  }

  #start(options: MysqlSourceOptions): void {
    const { serverId, database, tables } = options
    this.#library.on('error', (error: unknown) => this.#fail(logError(error, this.#place)))
    this.#library.on('binlog', (event: unknown) => this.#take(event as LogEvent))
    this.#library.start({
      serverId: serverId ?? serverIdOf(this.#context),
      filename: this.#at.file,
      position: this.#at.position,
      includeEvents: eventNames,
      includeSchema: tableFilter(database, tables),
    })
    // Before the command that begins the stream, which the library sends when it has asked its own questions.
    const settings = `SET @master_heartbeat_period = ${heartbeatMs * 1_000_000}, SESSION net_write_timeout = ${writeTimeoutSeconds}`
    this.#library.connection?.query(settings, () => {})
    for (const connection of [this.#library.connection, this.#library.ctrlConnection]) {
      connection?.on('end', () => this.#fail(lostConnection('source', this.#place)))
    }
    this.#listen()
  }

  /** Gives up a connection that is silent, as one of a server that vanished. */
  #listen(): void {
    this.#watch = this.#context.clock.timer(silenceMsMax, () => {
      const bytes = this.#library.connection?.stream.bytesRead ?? 0
      const isSilent = bytes === this.#bytesSeen && !this.#isPaused
      this.#bytesSeen = this.#isPaused ? -1 : bytes
      if (isSilent) this.#fail(lostConnection('source', this.#place))
      else this.#listen()
    })
  }

  #fail(reason: Error): void {
    if (this.#isEnded) return
    void this.close()
    this.#listener.onFailure(reason)
  }

  #take(event: LogEvent): void {
    if (this.#isEnded) return
    switch (event.getTypeName()) {
      case 'Rotate':
        this.#at = { file: event.binlogName!, position: Number(event.position) }
        return
      case 'Gtid':
      case 'AnonymousGtid':
      case 'MariadbGtid':
        this.#begin(event)
        return
      case 'Query':
        this.#takeQuery(event)
        return
      case 'Xid':
      case 'XaPrepare':
        this.#end(event)
        return
      case 'TableMap':
        this.#takeTable(event)
        return
      case 'WriteRows':
      case 'UpdateRows':
      case 'DeleteRows':
        this.#takeRows(event)
    }
  }

  #begin(event: LogEvent): void {
    // A group without a commit of its own, such as that of a DDL statement, ends where the next one begins.
    this.#settle()
    if (this.#keys.size > tablesMax) {
      this.#keys.clear()
      this.#library.tableMap = {}
    }
    this.#transaction = { start: this.#at, gtid: event.gtid, rows: 0 }
    this.#move(event)
  }

  #takeQuery(event: LogEvent): void {
    const [word = ''] = /^\w+/.exec(event.query ?? '') ?? []
    switch (word.toUpperCase()) {
      case 'BEGIN':
      case 'XA':
      case 'SAVEPOINT':
        this.#transaction ??= { start: this.#at, gtid: undefined, rows: 0 }
        return
      default:
        // COMMIT, ROLLBACK, or DDL, which is a group by itself.
        this.#end(event)
    }
  }

  #end(event: LogEvent): void {
    this.#move(event)
    this.#settle()
  }

  /** Within a transaction some servers give no positions, and none from which reading could begin. */
  #move({ nextPosition }: LogEvent): void {
    if (nextPosition > 0) this.#at = { file: this.#at.file, position: nextPosition }
  }

  #settle(): void {
    const transaction = this.#transaction
    if (transaction === undefined) return
    this.#transaction = undefined
    transaction.end = this.#at
    this.#listener.onEnd(transaction)
  }

  #takeTable({ tableId, primaryKey, columnNames }: LogEvent): void {
    const names = primaryKey?.map(at => columnNames?.[at] ?? '') ?? []
    this.#keys.set(tableId!, names)
  }

  #takeRows(event: LogEvent): void {
    const table = this.#library.tableMap[event.tableId!]
    if (table === undefined || this.#isEnded) return
    const transaction = (this.#transaction ??= { start: this.#at, gtid: event.gtid, rows: 0 })
    const columns = table.columns
    const about = {
      schema: table.parentSchema,
      table: table.tableName,
      columns,
      key: this.#keys.get(event.tableId!) ?? [],
      atMs: event.timestamp,
    }
    const names = namesIn(event.columns_present_bitmap!, columns)
    const op = ops[event.getTypeName()]!
    for (const row of event.rows ?? []) {
      const change = ((): RowChange => {
        if (op === 'insert') return { ...about, op, after: { values: row, names } }
        if (op === 'delete') return { ...about, op, before: { values: row, names } }
        const { before, after } = row as { readonly before: Values; readonly after: Values }
        const afterNames = namesIn(event.columns_present_bitmap2!, columns)
        return {
          ...about,
          op,
          before: { values: before, names },
          after: { values: after, names: afterNames },
        }
      })()
      transaction.rows++
      this.#listener.onRow(change, transaction)
    }
  }
}

const ops: Readonly<Record<string, RowChange['op']>> = {
  WriteRows: 'insert',
  UpdateRows: 'update',
  DeleteRows: 'delete',
}

/** What else the log holds says nothing of rows. */
const eventNames = [
  'rotate',
  'gtid',
  'anonymousgtid',
  'mariadbgtid',
  'query',
  'xid',
  'xaprepare',
  'tablemap',
  'writerows',
  'updaterows',
  'deleterows',
]

function namesIn(bitmap: Buffer, columns: readonly LogColumn[]): ReadonlySet<string> {
  return new Set(
    columns.filter((_column, at) => ((bitmap[at >> 3] ?? 0) & (1 << (at & 7))) !== 0).map(({ name }) => name),
  )
}

function tableFilter(database: string, tables: readonly string[]): Record<string, string[] | true> {
  if (tables.length === 0) return { [database]: true }
  const filter: Record<string, string[]> = {}
  for (const name of tables) {
    const [schema, table] = name.includes('.') ? splitName(name) : [database, name]
    filter[schema] = [...(filter[schema] ?? []), table]
  }
  return filter
}

function splitName(name: string): [string, string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

/** The same for a stream wherever it runs, so that the server ends what a killed process has left when it comes back. */
function serverIdOf({ account, region, name }: SourceContext): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([account, region, name]))
    .digest()
    .readUInt32BE(0)
  // Servers that people number are below.
  return 1_000_000 + (hash % 4_000_000_000)
}

/** What is used of the library; its types leave the connections to themselves. */
interface LogLibrary {
  readonly connection: LogConnection | null
  readonly ctrlConnection: LogConnection | null
  tableMap: Record<
    number,
    { readonly parentSchema: string; readonly tableName: string; readonly columns: readonly LogColumn[] }
  >
  start(options: object): void
  stop(): void
  on(name: string, listener: (value: unknown) => void): void
  once(name: string, listener: () => void): void
}

interface LogConnection {
  readonly stream: Socket
  pause(): void
  resume(): void
  query(sql: string, done: () => void): void
  on(name: 'end', listener: () => void): void
}

interface LogEvent {
  getTypeName(): string
  readonly timestamp: number
  readonly nextPosition: number
  readonly gtid?: string
  readonly query?: string
  readonly binlogName?: string
  readonly position?: number
  readonly tableId?: number
  readonly primaryKey?: readonly number[]
  readonly columnNames?: readonly string[]
  readonly rows?: readonly Values[]
  readonly columns_present_bitmap?: Buffer
  readonly columns_present_bitmap2?: Buffer
}
