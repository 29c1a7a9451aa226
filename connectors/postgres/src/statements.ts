import { quoted, quotedTable, type TableName } from './identifier.ts'
import type { PostgresSinkOptions } from './options.ts'
import type { Column } from './table-shape.ts'

export type WriteMode = PostgresSinkOptions['mode']

/** One SQL text for any number of rows, which come as one array of texts for each column. */
export interface WriteStatement {
  readonly table: TableName
  readonly mode: WriteMode
  readonly columns: readonly Column[]
  /** Names of the columns that tell rows apart; may be empty for `insert` and `ignore`. */
  readonly keys: readonly string[]
}

/** Inserts the rows of `$1…$n`, arrays of texts. The number of rows is in the parameters, not in the text. */
export function insertRows(statement: WriteStatement): string {
  const { columns } = statement
  const names = columns.map(({ name }) => quoted(name)).join()
  return `INSERT INTO ${quotedTable(statement.table)} AS target (${names}) SELECT ${casts(columns)} FROM ${unnested(columns)}${onConflict(statement)}`
}

/**
 * Inserts one row of `$1…$n`, texts. The server knows each parameter's type from its column, and says which one does not
 * fit.
 */
export function insertRow(statement: WriteStatement): string {
  const names = statement.columns.map(({ name }) => quoted(name)).join()
  const values = statement.columns.map((_column, at) => `$${at + 1}`).join()
  return `INSERT INTO ${quotedTable(statement.table)} AS target (${names}) VALUES (${values})${onConflict(statement)}`
}

/** Deletes the rows whose keys are in `$1…$n`, arrays of texts. */
export function deleteRows({ table, columns }: Pick<WriteStatement, 'table' | 'columns'>): string {
  const same = columns.map(
    ({ name, castType }) => `target.${quoted(name)} = row.${quoted(name)}::${castType}`,
  )
  return `DELETE FROM ${quotedTable(table)} AS target USING ${unnested(columns)} WHERE ${same.join(' AND ')}`
}

function unnested(columns: readonly Column[]): string {
  const arrays = columns.map((_column, at) => `$${at + 1}::text[]`).join()
  return `unnest(${arrays}) AS row(${columns.map(({ name }) => quoted(name)).join()})`
}

function casts(columns: readonly Column[]): string {
  return columns.map(({ name, castType }) => `row.${quoted(name)}::${castType}`).join()
}

function onConflict({ mode, keys, columns }: WriteStatement): string {
  if (mode === 'insert') return ''
  const target = keys.length === 0 ? '' : ` (${keys.map(quoted).join()})`
  const others = columns.filter(({ name }) => !keys.includes(name)).map(({ name }) => quoted(name))
  if (mode === 'ignore' || others.length === 0) return ` ON CONFLICT${target} DO NOTHING`
  return ` ON CONFLICT${target} DO UPDATE SET ${others.map(name => `${name} = EXCLUDED.${name}`).join()}`
}
