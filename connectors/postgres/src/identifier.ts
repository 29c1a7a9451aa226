/** A name as it stands in SQL, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A table with its schema, as it stands in SQL. */
export function quotedTable({ schema, table }: TableName): string {
  return `${quoted(schema)}.${quoted(table)}`
}

/** A text as it stands in SQL, for the commands that take no parameters; names of slots and snapshots, never values of rows. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export interface TableName {
  readonly schema: string
  readonly table: string
}
