import { quoted, quotedTable, type TableName } from './identifier.ts'
import type { PostgresSourceOptions } from './options.ts'
import type { OutboxRow } from './outbox-event.ts'
import type { Session } from './session.ts'

/**
 * Rows of the transactions with numbers from `from` up to, and without, `to`, all of which have ended, behind the id `after`
 * where there is one. Whatever was committed late, or with an id out of order, is in exactly one such window.
 */
export interface OutboxWindow {
  readonly from: string
  readonly to: string
  readonly after?: string
}

/** The statements that read and settle one outbox table. Rejects with what the client throws. */
export class OutboxQuery {
  readonly #table: string
  readonly #id: string
  readonly #columns: string
  readonly #mark: string | undefined

  constructor(
    options: PostgresSourceOptions,
    { markColumn, ...table }: TableName & { readonly markColumn?: string },
  ) {
    this.#table = quotedTable(table)
    // With the table's name: alone it would mean the text of the same name that is selected.
    this.#id = `${this.#table}.${quoted(options.idColumn)}`
    this.#mark = markColumn === undefined ? undefined : quoted(markColumn)
    const { typeColumn, aggregateColumn, timeColumn } = options
    const text = (column: string | undefined): string =>
      column === undefined ? 'NULL' : `${quoted(column)}::text`
    const time =
      timeColumn === undefined ? 'NULL' : `floor(extract(epoch FROM ${quoted(timeColumn)}) * 1000)::text`
    const payload =
      options.payloadColumn === '*' ? `to_jsonb(${this.#table}.*)` : quoted(options.payloadColumn)
    this.#columns = `${this.#id}::text AS id, ${payload}::text AS payload, pg_typeof(${payload})::text AS "payloadType", ${text(typeColumn)} AS type, ${text(aggregateColumn)} AS aggregate, ${time} AS time`
  }

  /** The number of the oldest transaction that has not ended: all before it have. */
  async horizon(session: Session): Promise<string> {
    const [row] = await session.query('SELECT txid_snapshot_xmin(txid_current_snapshot())::text AS horizon')
    return row!['horizon']!
  }

  /** Rows of a window, in the order of their ids. */
  rowsIn(session: Session, { from, to, after }: OutboxWindow, count: number): Promise<OutboxRow[]> {
    const behind = after === undefined ? '' : ` AND ${this.#id} > $4`
    const values = after === undefined ? [from, to, count] : [from, to, count, after]
    return this.#rows(session, `${inWindow}${behind} ORDER BY ${this.#id} LIMIT $3`, values)
  }

  /** Rows that nobody has settled, in the order of their ids, without those that are held already. */
  rowsBut(session: Session, held: readonly string[], count: number): Promise<OutboxRow[]> {
    const where = `${this.#unsettled} AND NOT (${this.#id} = ANY ($2))`
    return this.#rows(session, `${where} ORDER BY ${this.#id} LIMIT $1`, [count, held])
  }

  async settle(session: Session, ids: readonly string[]): Promise<void> {
    const what =
      this.#mark === undefined
        ? `DELETE FROM ${this.#table}`
        : `UPDATE ${this.#table} SET ${this.#mark} = now()`
    await session.query(`${what} WHERE ${this.#id} = ANY ($1)`, [ids])
  }

  /** How many rows are neither settled nor, for a window, behind it. */
  async count(session: Session, window: OutboxWindow | undefined): Promise<number> {
    const counting = `SELECT count(*)::text AS count FROM ${this.#table}${numbered} WHERE `
    if (window === undefined) return counted(await session.query(counting + this.#unsettled))
    const { from, to, after } = window
    const behind = after === undefined ? '' : ` AND ${this.#id} > $3`
    const where = `(${transactionNumber} >= $2::bigint OR (${inWindow}${behind}))`
    return counted(
      await session.query(counting + where, after === undefined ? [from, to] : [from, to, after]),
    )
  }

  get #unsettled(): string {
    return this.#mark === undefined ? 'true' : `${this.#mark} IS NULL`
  }

  async #rows(session: Session, where: string, values: readonly unknown[]): Promise<OutboxRow[]> {
    const found = await session.query(
      `SELECT ${this.#columns} FROM ${this.#table}${numbered} WHERE ${where}`,
      values,
    )
    return found.map(({ id, payload, payloadType, type, aggregate, time }) => ({
      id: id!,
      payload: bytesOf(payload ?? null, payloadType === 'bytea'),
      type: type ?? null,
      aggregate: aggregate ?? null,
      timeMs: timeOf(time ?? null),
    }))
  }
}

/** The newest transaction that the statement could see, for numbering the others. */
const numbered = ', (SELECT txid_snapshot_xmax(txid_current_snapshot()) AS next) AS numbering'
/**
 * Number of the transaction that wrote a row. Rows have only the last 32 bits of it: it is the greatest such number below the
 * next one.
 */
const transactionNumber = '(next - ((next - xmin::text::bigint) & 4294967295))'
const inWindow = `${transactionNumber} >= $1::bigint AND ${transactionNumber} < $2::bigint`

function counted([row]: readonly Readonly<Record<string, string | null>>[]): number {
  return Number(row?.['count'] ?? 0)
}

function bytesOf(text: string | null, isHex: boolean): Buffer | null {
  if (text === null) return null
  return isHex ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text)
}

/** Times outside of what a Date can be, `infinity` among them, are none. */
function timeOf(text: string | null): number | undefined {
  const timeMs = Number(text ?? Number.NaN)
  return Math.abs(timeMs) <= 8_640_000_000_000_000 ? timeMs : undefined
}
