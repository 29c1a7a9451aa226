import { AppError, retryNever } from './errors.ts'

/** How the body of a message stands in `data`; the words of the compatible protocol's `BodyDataType`, section 8.6. */
export type BodyForm = 'json' | 'text' | 'binary'

const ascii = /^[\u0000-\u007f]*$/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The body of a message as JSON text: `json` as it is (numbers keep their digits), `text` as a string, `binary` as a string of
 * base64. Throws `record.malformed` when the bytes are no JSON, or no UTF-8.
 */
export function bodyJson(body: Uint8Array, form: BodyForm): string {
  if (form === 'binary')
    return `"${Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64')}"`
  const text = utf8(body)
  if (form === 'text') return JSON.stringify(text)
  try {
    JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the text, which is not ours to show.
    throw new AppError('record.malformed', `the body of ${body.length} bytes is not JSON`, retryNever, {
      cause,
    })
  }
  return text
}

function utf8(body: Uint8Array): string {
  try {
    return decoder.decode(body)
  } catch (cause) {
    throw new AppError('record.malformed', `the body of ${body.length} bytes is not UTF-8`, retryNever, {
      cause,
    })
  }
}

/** Attributes of an event that a source makes. */
export interface SourceEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  /** Milliseconds since the epoch. */
  readonly timeMs: number
  /** JSON text of the data. */
  readonly data: string
}

/**
 * The structured JSON text of an event whose data is JSON text already. Attributes are escaped; `data` is taken as it is and
 * must be valid.
 */
export function sourceEvent({ id, source, type, subject, timeMs, data }: SourceEvent): Uint8Array {
  const about = subject === undefined ? '' : `,"subject":${JSON.stringify(subject)}`
  const time = new Date(timeMs).toISOString()
  const text = `{"specversion":"1.0","id":${JSON.stringify(id)},"source":${JSON.stringify(source)},"type":${JSON.stringify(type)}${about},"time":"${time}","datacontenttype":"application/json; charset=utf-8","data":${data}}`
  return Buffer.from(text, ascii.test(text) ? 'latin1' : 'utf8')
}
