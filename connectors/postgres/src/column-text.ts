import { AppError, retryNever, type RowValue } from '@millrace/spi'
import type { Column } from './table-shape.ts'

/**
 * The text that a column takes for a value, in the form of the type's own input: JSON for `json` and `jsonb` (a parameter
 * is taken for JSON as it is), an array literal for a JSON array that goes into an array, the plain text for the rest.
 *
 * Throws `sink.rejected` for an array of objects in an array column, which has no such form.
 */
export function columnText(value: RowValue, column: Column): string | null {
  if (value === null) return null
  if (column.isJson) return value.kind === 'string' ? JSON.stringify(value.text) : value.text
  if (column.isArray && value.kind === 'json' && value.text.startsWith('[')) {
    return arrayLiteral(JSON.parse(value.text, numbersAsWritten) as unknown[], column)
  }
  return value.text
}

function arrayLiteral(elements: readonly unknown[], column: Column): string {
  return `{${elements.map(element => arrayElement(element, column)).join()}}`
}

function arrayElement(element: unknown, column: Column): string {
  if (element === null) return 'NULL'
  if (Array.isArray(element)) return arrayLiteral(element, column)
  if (typeof element === 'object') {
    throw new AppError(
      'sink.rejected',
      `the value of column ${column.name} is an array of objects; a column of type jsonb takes it, one of type ${column.castType} does not`,
      retryNever,
    )
  }
  // What is left is a text, a boolean, or a number as it was written.
  const text = typeof element === 'string' ? element : JSON.stringify(element)
  return quotedElement(text)
}

/** A text as an element of an array literal. */
export function quotedElement(text: string): string {
  return `"${special.test(text) ? text.replaceAll(specials, String.raw`\$&`) : text}"`
}

const special = /["\\]/
const specials = /["\\]/g

/** Numbers stay texts, so that they lose no digits. */
function numbersAsWritten(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value
}
