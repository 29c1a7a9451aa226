import type { OutgoingRecord } from './connector.ts'
import { type AppError, toAppError } from './errors.ts'
import { rowOf, type RowValue } from './row.ts'

/** Rows of a batch that fill the same columns, so that one statement can write them. */
export interface RowGroup {
  readonly columns: readonly string[]
  /** In the order of the batch. */
  readonly rows: readonly GroupedRow[]
}

export interface GroupedRow {
  /** The record's place in the batch. */
  readonly index: number
  /** One for each column of the group. */
  readonly values: readonly RowValue[]
}

/** Every record of a batch is in one of the groups, or refused. */
export interface GroupedRows {
  readonly groups: readonly RowGroup[]
  readonly refused: readonly { readonly index: number; readonly error: AppError }[]
}

/**
 * Makes the rows of a batch and puts those with the same set of columns together, in whatever order each row names them.
 * With `keepOrder`, for writes whose order matters (a later row replaces an earlier one), only rows that follow each other
 * are put together: the groups one after the other are the batch.
 */
export function groupRows(
  records: readonly Pick<OutgoingRecord, 'body' | 'parameters'>[],
  { keepOrder }: { readonly keepOrder: boolean },
): GroupedRows {
  const groups: OpenGroup[] = []
  const refused: { index: number; error: AppError }[] = []
  const sets = new ColumnSets()
  /** The group that takes rows of a set of columns. */
  const open = new Map<ColumnSet, OpenGroup>()
  for (const [index, record] of records.entries()) {
    try {
      const { columns, values } = rowOf(record)
      const { set, order } = sets.find(columns)
      let group = open.get(set)
      if (group === undefined) {
        if (keepOrder) open.clear()
        group = { columns: set.columns, rows: [] }
        open.set(set, group)
        groups.push(group)
      }
      group.rows.push({ index, values: order === undefined ? values : order.map(at => values[at] ?? null) })
    } catch (thrown) {
      refused.push({ index, error: toAppError(thrown) })
    }
  }
  return { groups, refused }
}

interface OpenGroup extends RowGroup {
  readonly rows: GroupedRow[]
}

/** Columns as the first row of the batch that has them names them. */
interface ColumnSet {
  readonly columns: readonly string[]
}

interface Arrangement {
  readonly set: ColumnSet
  /** Where each column of the set stands in the row; absent when it stands at the same place. */
  readonly order?: readonly number[]
}

/** The sets of columns of one batch. Rows mostly name theirs in the same order, which takes one look-up. */
class ColumnSets {
  readonly #arrangements = new Map<string, Arrangement>()
  readonly #sets = new Map<string, ColumnSet>()

  find(columns: readonly string[]): Arrangement {
    const key = keyOf(columns)
    let arrangement = this.#arrangements.get(key)
    if (arrangement === undefined) {
      arrangement = this.#arrange(columns)
      this.#arrangements.set(key, arrangement)
    }
    return arrangement
  }

  #arrange(columns: readonly string[]): Arrangement {
    const key = keyOf(columns.toSorted())
    const set = this.#sets.get(key)
    if (set === undefined) {
      const first = { columns }
      this.#sets.set(key, first)
      return { set: first }
    }
    const places = new Map(columns.map((column, place) => [column, place]))
    return { set, order: set.columns.map(column => places.get(column) ?? 0) }
  }
}

/** Names hold no control characters, so that no two lists have the same key. */
function keyOf(columns: readonly string[]): string {
  return columns.join('\0')
}
