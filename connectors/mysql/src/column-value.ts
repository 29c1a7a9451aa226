import type { RowValue } from '@millrace/spi'
import type { Column } from './table-shape.ts'

/** Types for which a boolean is 1 or 0. */
const numeric: ReadonlySet<string> = new Set(
  'tinyint smallint mediumint int bigint decimal float double bit year'.split(' '),
)
const timeOfDay = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/**
 * The text that a column takes for a value. The server converts it, and refuses what does not fit: a boolean is 1 or 0 in a
 * column of numbers; a time with a zone (RFC 3339) becomes one in UTC for `datetime` and `timestamp`; JSON stands as its
 * text, and a JSON string in a column of type `json` as JSON, too.
 */
export function columnText(value: RowValue, { type }: Column): string | null {
  if (value === null) return null
  const { kind, text } = value
  if (kind === 'boolean') return numeric.has(type) ? (text === 'true' ? '1' : '0') : text
  if (type === 'json' && kind === 'string') return JSON.stringify(text)
  if (type === 'datetime' || type === 'timestamp') return utcText(text)
  return text
}

/** Where the text is no such time, it is the server that says so. */
function utcText(text: string): string {
  const [, date, time, fraction = '', zone] = timeOfDay.exec(text) ?? []
  if (date === undefined || time === undefined || zone === undefined) return text
  const atMs = Date.parse(`${date}T${time}${zone.toUpperCase()}`)
  if (Number.isNaN(atMs)) return text
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')}${fraction}`
}
