import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { FileSinkOptions } from './options.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The line of a record, with its end: JSON as it is, without the ends of lines between its parts; what is no JSON as a JSON
 * string. Throws `sink.rejected` for what is no text.
 */
export function lineOf({ body, event }: OutgoingRecord, content: FileSinkOptions['line']): string {
  const text = decoded(content === 'event' ? event : body)
  // Within a JSON text, ends of lines stand between its parts alone: in a string they are escaped.
  return isJson(text) ? `${text.trim().replaceAll(/[\r\n]+/g, ' ')}\n` : `${JSON.stringify(text)}\n`
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new AppError('sink.rejected', `a body of ${bytes.length} bytes is not UTF-8 text`, retryNever, {
      cause,
    })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
