import { isUtf8 } from 'node:buffer'
import { AppError, retryNever } from '@millrace/spi'
import { isJson } from './json-check.ts'
import type { RecordCursor } from './record-cursor.ts'
import { Slab } from './slab.ts'

export interface MessageForms {
  readonly bodyForm: 'json' | 'text' | 'binary'
  readonly keyForm: 'text' | 'binary'
  /** Bytes of a value at most. */
  readonly recordBytesMax: number
}

/** One record as an event; with a fault, `event` holds what can be shown. */
export interface MessageEvent {
  readonly event: Buffer
  readonly fault: AppError | undefined
}

/**
 * Writes the records of one partition as events of the type `alikafka:Topic:Message`, section 8.6 of the compatible protocol. What
 * is the same for all of them is made once, and JSON values are copied as they are after one look at them.
 */
export class MessageEvents {
  readonly #forms: MessageForms
  readonly #slab: Slab
  readonly #idPrefix: string
  readonly #beforeOffset: string
  readonly #beforeTime: string
  readonly #afterTime: string
  /** What stands between the id and the offset, for the time that was last. */
  #middle = ''
  #lastTimeMs = Number.NaN
  readonly #headers = new HeaderTexts()

  constructor(instance: string, topic: string, partition: number, forms: MessageForms, slab: Slab) {
    this.#forms = forms
    this.#slab = slab
    this.#idPrefix = `${topic}-${partition}-`
    const subject = ascii(JSON.stringify(`acs:alikafka:${instance}:topic:${topic}`))
    this.#beforeOffset = `{"specversion":"1.0","id":"${this.#idPrefix}`
    this.#beforeTime = `","source":"acs:alikafka","type":"alikafka:Topic:Message","subject":${subject},"time":"`
    this.#afterTime = `","datacontenttype":"application/json; charset=utf-8","data":{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":`
  }

  /** Id of the event of the record at an offset. */
  idOf(offset: number): string {
    return this.#idPrefix + offset
  }

  write(record: RecordCursor): MessageEvent {
    const { bytes, valueStart, valueLength } = record
    const fault = this.#faultOf(record)
    const head = this.#head(record.offset, record.timestampMs, this.#headers.of(record), this.#key(record))
    if (fault !== undefined) return { event: this.#join(head, shownValue(record, fault)), fault }
    if (valueLength < 0) return { event: this.#join(head, 'null'), fault }
    if (this.#forms.bodyForm === 'json') {
      return { event: this.#joinBytes(head, bytes, valueStart, valueStart + valueLength), fault }
    }
    return { event: this.#join(head, valueText(record, this.#forms.bodyForm)), fault }
  }

  /** The event that stands for records that cannot be read. */
  writeUnreadable(offset: number, timeMs: number): Buffer {
    return this.#join(this.#head(offset, timeMs, headersText(''), 'null'), 'null')
  }

  #faultOf(record: RecordCursor): AppError | undefined {
    const { bytes, keyStart, keyLength, valueStart, valueLength } = record
    const { bodyForm, keyForm, recordBytesMax } = this.#forms
    if (valueLength > recordBytesMax) {
      return new AppError(
        'record.too-large',
        `The value has ${valueLength} bytes; recordBytesMax is ${recordBytesMax}.`,
        retryNever,
        { details: { limit: recordBytesMax, seen: valueLength } },
      )
    }
    if (keyForm === 'text' && keyLength > 0 && !isUtf8(bytes.subarray(keyStart, keyStart + keyLength))) {
      return malformed(`The key of ${keyLength} bytes is not UTF-8; keyForm binary takes any.`)
    }
    if (bodyForm === 'binary' || valueLength < 0) return undefined
    const value = bytes.subarray(valueStart, valueStart + valueLength)
    if (!isUtf8(value)) return malformed(`The value of ${valueLength} bytes is not UTF-8.`)
    return bodyForm === 'json' && !isJson(value)
      ? malformed(`The value of ${valueLength} bytes is not JSON.`)
      : undefined
  }

  #head(offset: number, timestampMs: number, headers: string, key: string): string {
    return `${this.#beforeOffset}${offset}${this.#middleAt(timestampMs)}${offset},"timestamp":${timestampMs}${headers}${key},"value":`
  }

  /** Neighbours mostly share their millisecond. */
  #middleAt(timestampMs: number): string {
    if (timestampMs !== this.#lastTimeMs) {
      this.#lastTimeMs = timestampMs
      const time = new Date(timestampOrEpoch(timestampMs)).toISOString()
      this.#middle = `${this.#beforeTime}${time}${this.#afterTime}`
    }
    return this.#middle
  }

  #key({ bytes, keyStart, keyLength }: RecordCursor): string {
    if (keyLength < 0) return 'null'
    const end = keyStart + keyLength
    if (this.#forms.keyForm === 'binary') return `"${bytes.toString('base64', keyStart, end)}"`
    return ascii(JSON.stringify(bytes.toString('utf8', keyStart, end)))
  }

  #joinBytes(head: string, bytes: Buffer, start: number, end: number): Buffer {
    const room = this.#slab.reserve(head.length + end - start + 2)
    let at = this.#slab.at
    at += room.write(head, at, 'latin1')
    at += bytes.copy(room, at, start, end)
    room[at++] = CLOSE
    room[at++] = CLOSE
    return this.#slab.take(at)
  }

  #join(head: string, value: string): Buffer {
    const room = this.#slab.reserve(head.length + value.length * 3 + 2)
    let at = this.#slab.at
    at += room.write(head, at, 'latin1')
    at += room.write(value, at, 'utf8')
    room[at++] = CLOSE
    room[at++] = CLOSE
    return this.#slab.take(at)
  }
}

/** The headers of records as text. Neighbours mostly have the same ones, and then their bytes are only compared. */
class HeaderTexts {
  #bytes = Buffer.alloc(0)
  #text = headersText('')

  /** From the comma before the headers to the name of the key. */
  of(record: RecordCursor): string {
    const { bytes, headerCount, headersStart, headersEnd } = record
    if (headerCount === 0) return withoutHeaders
    const length = headersEnd - headersStart
    const last = this.#bytes
    if (last.length === length && last.compare(bytes, headersStart, headersEnd) === 0) return this.#text
    const texts = record.headers().map(([name, value]) => {
      return `{"key":${JSON.stringify(name)},"value":${headerValue(value)}}`
    })
    this.#bytes = Buffer.from(bytes.subarray(headersStart, headersEnd))
    this.#text = headersText(ascii(texts.join(',')))
    return this.#text
  }
}

function headersText(headers: string): string {
  return `,"headers":{"headers":[${headers}],"isReadOnly":false},"key":`
}

const withoutHeaders = headersText('')

/** The time of a record, or the epoch when it has none that could be written. */
export function timestampOrEpoch(timestampMs: number): number {
  return timestampMs >= 0 && timestampMs <= timestampMsMax ? timestampMs : 0
}

/** The last millisecond of the year 9999, the last one of RFC 3339. */
const timestampMsMax = 253_402_300_799_999

const CLOSE = 0x7d

/** What JSON.stringify has left outside of ASCII becomes escapes, so that the text is one byte for each character. */
function ascii(json: string): string {
  return /^[\u0000-\u007f]*$/.test(json)
    ? json
    : json.replace(/[^\u0000-\u007f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Text where it is UTF-8, else base64. */
function headerValue(value: Buffer | null): string {
  if (value === null) return 'null'
  return isUtf8(value) ? JSON.stringify(value.toString('utf8')) : `"${value.toString('base64')}"`
}

function valueText({ bytes, valueStart, valueLength }: RecordCursor, form: 'text' | 'binary'): string {
  const end = valueStart + valueLength
  return form === 'binary'
    ? `"${bytes.toString('base64', valueStart, end)}"`
    : JSON.stringify(bytes.toString('utf8', valueStart, end))
}

/** A value that is too large is left out; one of the wrong form is shown as text, or as base64 where it is none. */
function shownValue(record: RecordCursor, fault: AppError): string {
  const { bytes, valueStart, valueLength } = record
  if (valueLength < 0 || fault.code === 'record.too-large') return 'null'
  return valueText(record, isUtf8(bytes.subarray(valueStart, valueStart + valueLength)) ? 'text' : 'binary')
}

function malformed(message: string): AppError {
  return new AppError('record.malformed', message, retryNever)
}
