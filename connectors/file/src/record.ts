import {
  AppError,
  bodyJson,
  type BodyForm,
  retryNever,
  type SourceRecord,
  sourceEvent,
  toAppError,
} from '@millrace/spi'
import type { TailLine } from './tail.ts'

/** What is known of a line besides itself. */
export interface LinePlace {
  readonly path: string
  readonly form: Extract<BodyForm, 'json' | 'text'>
  readonly lineBytesMax: number
  readonly nowMs: number
}

/** A line as an event: its value is the data. One that is not what it should be comes with the fault, as far as it can be shown. */
export function recordOf(line: TailLine, { path, form, lineBytesMax, nowMs }: LinePlace): SourceRecord {
  const { data, fault } = dataOf(line, form, lineBytesMax)
  const event = sourceEvent({
    id: line.id,
    source: 'millrace:file',
    type: 'file:Line',
    subject: path,
    timeMs: nowMs,
    data,
  })
  const record = { event, id: line.id, partition: path }
  return fault === undefined ? record : { ...record, fault }
}

function dataOf(
  { bytes, length }: TailLine,
  form: LinePlace['form'],
  limit: number,
): { data: string; fault?: AppError } {
  if (bytes === undefined) {
    const message = `a line has ${length} bytes, at most ${limit} are read`
    const fault = new AppError('record.too-large', message, retryNever, { details: { limit, seen: length } })
    return { data: 'null', fault }
  }
  try {
    return { data: bodyJson(bytes, form) }
  } catch (thrown) {
    return { data: shown(bytes), fault: toAppError(thrown) }
  }
}

/** As text where it is text, in base64 else. */
function shown(bytes: Uint8Array): string {
  try {
    return bodyJson(bytes, 'text')
  } catch {
    return bodyJson(bytes, 'binary')
  }
}
