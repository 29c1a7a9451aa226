/** A name as it stands in SQL, whatever it holds. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A table with its database, as it stands in SQL. */
export function quotedTable(database: string, table: string): string {
  return `${quoted(database)}.${quoted(table)}`
}
