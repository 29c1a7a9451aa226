import { validateHeaderName, validateHeaderValue } from 'node:http'
import { functionError } from '../errors.ts'
import { type HeaderMap, isReservedInResponse } from './headers.ts'

/** What a client is answered, before the platform adds headers of its own. */
export interface TriggerResponse {
  readonly status: number
  readonly headers: HeaderMap
  readonly body: Uint8Array
}

/** Most that names and values of the headers of an answer may have together, in bytes (function-compute section 8.2). */
export const responseHeaderBytesMax = 8_192

const jsonType = 'application/json'

/**
 * The answer that the output of a function of the kind `event` stands for (function-compute section 8.2). A JSON object
 * with `statusCode` describes it; any other output is the body itself. Throws `function.response-invalid` for a status
 * or headers that no answer can have.
 */
export function responseOfOutput(output: Uint8Array): TriggerResponse {
  const described = descriptionOf(output)
  if (described === undefined) return { status: 200, headers: { 'content-type': jsonType }, body: output }
  const headers = headersOf(described['headers'])
  headers['content-type'] ??= jsonType
  return {
    status: statusOf(described['statusCode']),
    headers,
    body: bodyOf(described['body'], described['isBase64Encoded'] === true),
  }
}

/** The object that the output is, when it has a `statusCode`. Most outputs have none, and are not parsed to see it. */
function descriptionOf(output: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(output.buffer, output.byteOffset, output.length)
  if (!bytes.includes('"statusCode"') && !bytes.includes('\\u')) return undefined
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && Object.hasOwn(value as object, 'statusCode')
    ? (value as Record<string, unknown>)
    : undefined
}

function statusOf(given: unknown): number {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw responseInvalid('the statusCode of its result is no number from 200 to 599')
}

function headersOf(given: unknown): HeaderMap {
  const headers = Object.create(null) as HeaderMap
  if (given === undefined || given === null) return headers
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw responseInvalid('the headers of its result are no object')
  }
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const text = Array.isArray(value) ? value.map(part => headerText(name, part)) : headerText(name, value)
    headers[name.toLowerCase()] = text
  }
  return headers
}

function headerText(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw responseInvalid(`the value of its header ${shown(name)} is no text`)
}

function bodyOf(body: unknown, isBase64: boolean): Uint8Array {
  if (body === undefined || body === null) return noBytes
  if (typeof body !== 'string') return Buffer.from(JSON.stringify(body))
  return (isBase64 ? decodeBase64(body) : undefined) ?? Buffer.from(body)
}

const noBytes = new Uint8Array(0)

/** `undefined` for what is not the whole, padded base64 of something: then the text itself is meant. */
function decodeBase64(text: string): Uint8Array | undefined {
  const plain = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, '') : text
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined
  return Buffer.from(plain, 'base64')
}

/**
 * The headers of code that may be sent on. Throws `function.response-invalid` when one cannot be: a name that is no
 * token, a value with a line break, or all together more than `responseHeaderBytesMax`. `isOwnUrl`: the answer is sent
 * under the server's own name, not under that of a domain.
 */
export function checkedResponseHeaders(headers: HeaderMap, isOwnUrl: boolean): HeaderMap {
  const kept = Object.create(null) as HeaderMap
  let bytes = 0
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase()
    if (isReservedInResponse(name, isOwnUrl)) continue
    for (const part of typeof value === 'string' ? [value] : value) {
      checkHeader(name, part)
      bytes += name.length + part.length
    }
    kept[name] = value
  }
  if (bytes > responseHeaderBytesMax) {
    throw responseInvalid(
      `the headers of its answer have ${bytes} bytes; the limit is ${responseHeaderBytesMax}`,
    )
  }
  return kept
}

function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw responseInvalid(`its header ${shown(name)} has characters that no header may have`)
  }
}

/** The code answered something that cannot be sent. */
export function responseInvalid(reason: string): Error {
  return functionError('function.response-invalid', `the function's answer cannot be sent: ${reason}`)
}

function shown(name: string): string {
  return name.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 64)
}
