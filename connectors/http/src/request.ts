import {
  encodeHeaderValue,
  jsonMediaType,
  readAttributes,
  structuredMediaType,
  toBinary,
} from '@millrace/cloudevents'
import type { OutgoingRecord } from '@millrace/spi'
import { headerBytes, headerNameFault, headerValueFault, parameterRefused } from './headers.ts'
import type { HttpSinkOptions } from './options.ts'

export type Method = HttpSinkOptions['method']

/** One request, ready to be sent. Names of headers are in lower case. */
export interface HttpRequest {
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly method: Method
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | null
}

/** Makes requests from records; what does not depend on the record is made once. */
export class RequestBuilder {
  readonly #options: HttpSinkOptions
  readonly #origin: string
  /** Path without a slash at its end. */
  readonly #path: string
  readonly #query: string
  readonly #static: ReadonlyMap<string, string>
  readonly #credentials: readonly (readonly [string, string])[]

  /** `options` have passed `checkOptions`. */
  constructor(options: HttpSinkOptions) {
    const url = new URL(options.url)
    this.#options = options
    this.#origin = url.origin
    this.#path = url.pathname
    this.#query = url.search
    this.#static = new Map([
      ['user-agent', 'millrace'],
      ...Object.entries(options.headers).map(
        ([name, value]) => [name.toLowerCase(), headerBytes(value)] as const,
      ),
    ])
    this.#credentials = credentials(options.auth)
  }

  /**
   * Later ones win: the headers of the content, those of the options, parameters, credentials. `token` is that of OAuth.
   *
   * @throws AppError `sink.rejected` when a parameter cannot become part of a request
   */
  build(record: OutgoingRecord, token?: string): HttpRequest {
    const headers = new Map<string, string>()
    const body = content(record, this.#options.mode, headers)
    headers.set('millrace-event-id', encodeHeaderValue(addTrace(record.event, headers) ?? record.id))
    headers.set('millrace-attempt', String(record.attempt))
    for (const [name, value] of this.#static) headers.set(name, value)
    let path = this.#path
    let query = this.#query
    for (const [name, value] of Object.entries(record.parameters)) {
      if (name === 'path') path = appendPath(path, value)
      else if (name === 'query') query = Object.entries(membersOf(name, value)).reduce(appendMember, query)
      else if (name === 'headers') {
        for (const [header, text] of Object.entries(membersOf(name, value))) setHeader(headers, header, text)
      } else if (name.startsWith('query.')) query = appendQuery(query, name.slice(6), value)
      else if (name.startsWith('headers.')) setHeader(headers, name.slice('headers.'.length), value)
    }
    for (const [name, value] of this.#credentials) headers.set(name, value)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    const { method } = this.#options
    const hasBody = method !== 'GET' && method !== 'HEAD'
    if (!hasBody) headers.delete('content-type')
    return { origin: this.#origin, path: path + query, method, headers, body: hasBody ? body : null }
  }

  /** Names of headers that must not go to another origin: what the options set, credentials first of all. */
  isOwnHeader(name: string): boolean {
    return (
      this.#static.has(name) ||
      this.#credentials.some(([own]) => own === name) ||
      (name === 'authorization' && this.#options.auth?.type === 'oauth2')
    )
  }
}

/** Names of parameters, as the catalogue and the check of rules know them. */
export const parameterNames = ['path', 'query', 'query.*', 'headers', 'headers.*'] as const

const structured = `${structuredMediaType}; charset=utf-8`

/** The body of the request; adds the headers that describe it. */
function content(
  record: OutgoingRecord,
  mode: HttpSinkOptions['mode'],
  headers: Map<string, string>,
): Uint8Array {
  if (mode === 'binary') {
    const message = toBinary(record.event)
    for (const [name, value] of Object.entries(message.headers)) headers.set(name, headerBytes(value))
    return message.body
  }
  if (mode === 'structured' || record.body === record.event) {
    headers.set('content-type', structured)
    return record.event
  }
  // A transform that found nothing makes an empty body, of no type.
  if (record.body.length === 0 && record.contentType === undefined) return record.body
  const contentType = record.contentType ?? 'application/octet-stream'
  headers.set('content-type', contentType === jsonMediaType ? `${jsonMediaType}; charset=utf-8` : contentType)
  return record.body
}

/**
 * Passes the trace on: attributes of the distributed tracing extension become the headers of W3C Trace Context. Gives
 * the id of the event when it had to read the attributes anyhow.
 */
function addTrace(event: Uint8Array, headers: Map<string, string>): string | undefined {
  // One native search, so that events without a trace do not pay for reading the attributes.
  if (!Buffer.from(event.buffer, event.byteOffset, event.length).includes('"traceparent"')) return undefined
  const { id, traceparent, tracestate } = readAttributes(event)
  if (typeof traceparent === 'string' && /^[\da-f]{2}(-[\da-f]+)+$/.test(traceparent)) {
    headers.set('traceparent', traceparent)
    if (typeof tracestate === 'string' && /^[\x20-\x7e]{1,512}$/.test(tracestate)) {
      headers.set('tracestate', tracestate)
    }
  }
  return typeof id === 'string' ? id : undefined
}

/** Steps of the value are encoded one by one; steps that lead upwards are refused, so that the path of the URL holds. */
function appendPath(path: string, value: string): string {
  const steps = value.split('/').filter((step, index) => step !== '' || index > 0)
  if (steps.some(step => step === '.' || step === '..'))
    throw parameterRefused('path', 'has a step `.` or `..`')
  if (!value.isWellFormed()) throw parameterRefused('path', 'has half of a surrogate pair')
  return `${path.replace(/\/$/, '')}/${steps.map(encodeURIComponent).join('/')}`
}

function appendQuery(query: string, name: string, value: string): string {
  if (!value.isWellFormed()) throw parameterRefused(`query.${name}`, 'has half of a surrogate pair')
  const separator = query === '' ? '?' : query.endsWith('?') ? '' : '&'
  return `${query}${separator}${encodeURIComponent(name)}=${encodeURIComponent(value)}`
}

function appendMember(query: string, [name, value]: [string, string]): string {
  return appendQuery(query, name, value)
}

/** Members of a parameter that is a JSON object, as texts; what is no text stands there as its JSON. */
function membersOf(parameter: string, text: string): Record<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw parameterRefused(parameter, 'is not the text of a JSON object')
  }
  const members = Object.entries(value as Record<string, unknown>)
  return Object.fromEntries(
    members.map(([name, member]) => [name, typeof member === 'string' ? member : JSON.stringify(member)]),
  )
}

function setHeader(headers: Map<string, string>, given: string, value: string): void {
  const name = given.toLowerCase()
  const fault = headerNameFault(name) ?? headerValueFault(value)
  if (fault !== undefined) throw parameterRefused(`headers.${given}`, fault)
  headers.set(name, headerBytes(value))
}

function credentials(auth: HttpSinkOptions['auth']): (readonly [string, string])[] {
  // A token is not there yet; it is added to each request.
  if (auth === undefined || auth.type === 'oauth2') return []
  if (auth.type === 'bearer') return [['authorization', `Bearer ${auth.token}`]]
  if (auth.type === 'apiKey') return [[auth.header.toLowerCase(), headerBytes(auth.value)]]
  const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64')
  return [['authorization', `Basic ${pair}`]]
}
