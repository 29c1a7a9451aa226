import type { OutgoingRecord } from './connector.ts'
import { AppError, retryNever } from './errors.ts'

/** Columns that one row may have at most. */
export const rowColumnsMax = 1_000
/** Bytes of a column's name at most; systems have smaller limits of their own. */
export const columnNameBytesMax = 255

/**
 * The value of a column; `null` is the null of JSON. `text` is a parameter's, whose kind nobody knows; the others are what
 * the JSON of the body says. The text of a number has all the digits that the body had, or fewer that mean the same; that
 * of a boolean is `true` or `false`; that of `json`, an object or array, is its JSON. Texts are well-formed Unicode.
 */
export type RowValue = {
  readonly kind: 'text' | 'string' | 'number' | 'boolean' | 'json'
  readonly text: string
} | null

/** What one record puts into a table: values, one for each column, in the same order. No column occurs twice. */
export interface Row {
  readonly columns: readonly string[]
  readonly values: readonly RowValue[]
}

/** For `SinkDefinition.parameters` of a sink that writes rows. */
export const rowParameters = 'columns.*'
const prefix = 'columns.'

/**
 * The row of a record, for every sink that writes to something like a table. Parameters named `columns.<name>` are the
 * values of those columns, as texts. When there is none, the body must be one JSON object, whose members are the columns.
 *
 * Throws `sink.rejected`, never to be tried again, for a body that is no JSON object, for a row without columns or with
 * more than `rowColumnsMax`, for names that are empty, longer than `columnNameBytesMax`, or hold control characters, and
 * for texts that are not well-formed. Messages hold no value.
 */
export function rowOf(record: Pick<OutgoingRecord, 'body' | 'parameters'>): Row {
  return rowOfParameters(record.parameters) ?? rowOfBody(record.body)
}

function rowOfParameters(parameters: Readonly<Record<string, string>>): Row | undefined {
  const columns: string[] = []
  const values: RowValue[] = []
  for (const name in parameters) {
    if (!name.startsWith(prefix)) continue
    const column = name.slice(prefix.length)
    columns.push(column)
    values.push(textValue('text', parameters[name]!, column))
  }
  return columns.length === 0 ? undefined : checked({ columns, values })
}

function rowOfBody(body: Uint8Array): Row {
  const members = parseObject(body)
  const columns = Object.keys(members)
  if (columns.length === 0)
    throw refused('the body is a JSON object without members: there is nothing to write')
  return checked({ columns, values: columns.map(column => valueOf(members[column], column)) })
}

function valueOf(value: unknown, column: string): RowValue {
  if (value === null) return null
  if (typeof value === 'string') return textValue('string', value, column)
  if (typeof value === 'number' || typeof value === 'boolean') {
    return { kind: typeof value === 'number' ? 'number' : 'boolean', text: String(value) }
  }
  // Digits that a number would lose stay a piece of raw JSON, which writes itself as it was read.
  const text = JSON.stringify(value)
  return { kind: isRawNumber(value) ? 'number' : 'json', text }
}

function textValue(kind: 'text' | 'string', text: string, column: string): RowValue {
  if (!text.isWellFormed()) {
    throw refused(`the text of column ${shown(column)} has half a surrogate pair, which UTF-8 cannot hold`)
  }
  return { kind, text }
}

function checked(row: Row): Row {
  const { columns } = row
  if (columns.length > rowColumnsMax) {
    throw refused(`the row has ${columns.length} columns, above the limit of ${rowColumnsMax}`)
  }
  for (const [index, name] of columns.entries()) {
    const fault = nameFault(name)
    if (fault !== undefined) throw refused(`the name of column ${index + 1} of the row ${fault}`)
  }
  return row
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (controls.test(name) || !name.isWellFormed()) return 'holds characters that a name cannot have'
  // A UTF-16 unit takes three bytes at most.
  if (name.length * 3 <= columnNameBytesMax) return undefined
  const bytes = Buffer.byteLength(name)
  return bytes > columnNameBytesMax
    ? `has ${bytes} bytes, above the limit of ${columnNameBytesMax}`
    : undefined
}

const controls = /\p{Cc}/u
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Numbers that may have more digits than a double keeps: sixteen or more, or an exponent. A few too many do no harm. */
const longNumber = /[[:,\s]-?(?:\d[\d.]{15}|\d[\d.]*[eE])/

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    const text = decoder.decode(body)
    value = longNumber.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the text, which is not ours to show; nor is it kept as the cause.
    const what = cause instanceof SyntaxError ? 'JSON' : 'UTF-8'
    throw refused(`the body of ${body.length} bytes is not ${what}; it must be one JSON object, ${advice}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isRawNumber(value)) {
    const what = Array.isArray(value) ? 'a JSON array' : `the JSON of a ${kindOf(value)}`
    throw refused(`the body is ${what}; it must be one JSON object, ${advice}`)
  }
  return value as Readonly<Record<string, unknown>>
}

const advice = 'whose members are the columns, unless parameters columns.<name> give the columns'

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'number' : typeof value
}

/** Raw JSON of the language, which its types do not know yet. */
interface RawJson {
  rawJSON(text: string): unknown
  isRawJSON(value: unknown): boolean
}
const rawJson = JSON as unknown as RawJson

function keepDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? rawJson.rawJSON(context!.source!) : value
}

function isRawNumber(value: unknown): boolean {
  return rawJson.isRawJSON(value)
}

/** A name as messages show it, which is checked later than values are. */
function shown(column: string): string {
  return JSON.stringify(column.slice(0, 64))
}

function refused(message: string): AppError {
  return new AppError('sink.rejected', message, retryNever)
}
