import { toBinary } from '@millrace/cloudevents'
import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { NatsSinkOptions } from './options.ts'

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = ['subject', 'headers.*']

/** How one record is published. */
export interface Publication {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: readonly (readonly [string, string])[]
  /** What the stream knows an event by, when it comes again. */
  readonly messageId: string | undefined
}

const headerPrefix = 'headers.'
const structuredType = 'application/cloudevents+json'
/** Subjects to publish to: words between dots, without spaces, and without the wildcards that only readers have. */
const plainSubject = /^[^\s.*>\u0000-\u001f]+(\.[^\s.*>\u0000-\u001f]+)*$/
const headerName = /^[\u0021-\u0039\u003b-\u007e]+$/

/** What a record, its parameters and the options make. Throws `sink.rejected` for what NATS cannot carry. */
export function publication(record: OutgoingRecord, options: NatsSinkOptions): Publication {
  const { data, headers } = contentOf(record, options)
  const own = Object.entries(record.parameters).filter(([name]) => name.startsWith(headerPrefix))
  return {
    subject: subjectOf(record, options),
    data,
    headers: [...headers, ...own.map(([name, value]) => header(name.slice(headerPrefix.length), value))],
    messageId: options.deduplicate ? oneLine(`${record.source}#${record.id}`) : undefined,
  }
}

function subjectOf({ parameters }: OutgoingRecord, options: NatsSinkOptions): string {
  const subject = parameters['subject'] ?? options.subject
  if (subject === undefined) {
    throw rejected('the record has no subject: neither the option nor the parameter subject says one')
  }
  if (plainSubject.test(subject)) return subject
  throw rejected(
    'the subject is none: words without spaces and wildcards, with dots between them, are needed',
  )
}

function contentOf(
  { event, body, contentType }: OutgoingRecord,
  { mode }: NatsSinkOptions,
): Pick<Publication, 'data' | 'headers'> {
  if (mode === 'binary') {
    const { headers, body: data } = toBinary(event)
    return { data, headers: Object.entries(headers) }
  }
  const type = mode === 'structured' || body === event ? structuredType : contentType
  return {
    data: mode === 'structured' ? event : body,
    headers: type === undefined ? [] : [['content-type', oneLine(type)]],
  }
}

function header(name: string, value: string): readonly [string, string] {
  if (!headerName.test(name)) throw rejected('the name of a header has characters that no header can have')
  if (/[\r\n]/.test(value)) throw rejected(`the header ${name} has several lines, which no header can have`)
  return [name, value.trim()]
}

/** Ids may have any characters; a header has one line. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ').trim()
}

function rejected(message: string): AppError {
  return new AppError('sink.rejected', message, retryNever)
}
