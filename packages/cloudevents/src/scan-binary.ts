import { isUtf8 } from 'node:buffer'
import { CLOSE_OBJECT } from './ascii.ts'
import { CloudEventError } from './errors.ts'
import type { HttpHeaders } from './event.ts'
import type { ByteRange, EventText } from './event-text.ts'
import { decodeHeaderValue } from './header-value.ts'
import { jsonValueIn } from './json-value.ts'
import { resolveOptions } from './limits.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { contentModeOf, isJsonMediaType, isTextMediaType } from './media-type.ts'
import { isAttributeName } from './names.ts'
import { badName, invalidData, missing, reservedName, tooMuch } from './refusals.ts'
import { scanStructured } from './scan.ts'
import { toBytes } from './text.ts'

/**
 * Reads an event in binary HTTP mode and yields it as structured JSON text. Header names may have any case.
 *
 * How the body becomes data:
 * - empty: no data;
 * - a content type that declares JSON: the body must be well-formed JSON and is embedded byte for byte as `data`
 *   (without the white space around it), else `cloudevents.invalid-data`;
 * - no content type: the same when the body is JSON, else `data_base64`;
 * - a text type (`text/*`, XML, YAML, forms) whose charset is UTF-8 or open, when the bytes are well-formed
 *   UTF-8: a JSON string, which gives the same bytes back;
 * - anything else: `data_base64`.
 *
 * Attribute values are percent-decoded and become JSON strings: headers carry no types.
 */
export function scanBinary(
  headers: HttpHeaders,
  body: Uint8Array | string,
  options?: EventOptions | ResolvedOptions,
): EventText {
  const resolved = resolveOptions(options)
  const bytes = toBytes(body)
  const max = resolved.limits.eventBytesMax
  if (bytes.length > max)
    throw tooMuch('cloudevents.event-too-large', 'The event', 'bytes of data alone', max, bytes.length)
  const attributes = readHeaders(headers, resolved)
  const contentType = attributes.get('datacontenttype')
  const head = headText(attributes)
  if (bytes.length > 0 && contentType !== undefined && isJsonMediaType(contentType)) {
    return scanWithJson(Buffer.from(`${head},"data":`, 'utf8'), bytes, resolved)
  }
  return scanStructured(`${head}${dataText(contentType, bytes, resolved.limits.depthMax)}}`, resolved)
}

/**
 * Puts a JSON body behind the attributes and scans the whole once. A body such as `1,"id":"x"` would pass as
 * further members: that is noticed by where the data ends.
 */
function scanWithJson(head: Buffer, body: Buffer, options: ResolvedOptions): EventText {
  const { start, end } = trimmed(body)
  const text = Buffer.allocUnsafe(head.length + end - start + 1)
  head.copy(text, 0)
  body.copy(text, head.length, start, end)
  text[text.length - 1] = CLOSE_OBJECT
  let event: EventText
  try {
    event = scanStructured(text, options)
  } catch (error) {
    if (jsonValueIn(body, options.limits.depthMax) === undefined) throw notJson()
    throw error
  }
  if (event.data?.end !== event.bytes.length - 1) throw notJson()
  return event
}

/** The bytes without JSON's white space at both ends. */
function trimmed(bytes: Buffer): ByteRange {
  let start = 0
  let end = bytes.length
  while (start < end && isSpace(bytes[start]!)) start++
  while (end > start && isSpace(bytes[end - 1]!)) end--
  return { start, end }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The structured text up to the last attribute. Names are checked here because they are written as they are. */
function headText(attributes: ReadonlyMap<string, string>): string {
  let text = ''
  for (const [name, value] of attributes) {
    if (!isAttributeName(name)) throw badName(name)
    text += `${text === '' ? '{' : ','}"${name}":${JSON.stringify(value)}`
  }
  return text
}

/** The context attributes of a binary-mode message, decoded, `datacontenttype` included. */
function readHeaders(headers: HttpHeaders, options: ResolvedOptions): Map<string, string> {
  const attributes = new Map<string, string>()
  let contentType: string | undefined
  for (const key of Object.keys(headers)) {
    const value = headers[key]
    if (value === undefined) continue
    const name = key.toLowerCase()
    if (name.startsWith('ce-')) {
      const attribute = name.slice(3)
      if (attribute === 'data' || attribute === 'data_base64') throw reservedName(attribute)
      if (attributes.has(attribute)) throw repeated(name)
      attributes.set(attribute, decodeHeaderValue(attribute, single(name, value)))
    } else if (name === 'content-type') contentType = single(name, value).trim()
  }
  if (contentModeOf(contentType) !== 'binary' || attributes.size === 0) throw notBinary()
  if (!attributes.has('specversion')) throw missing('specversion')
  setContentType(attributes, contentType, options.tolerant)
  return attributes
}

/** The HTTP binding maps `datacontenttype` to the content type and forbids a header of its own for it. */
function setContentType(
  attributes: Map<string, string>,
  contentType: string | undefined,
  tolerant: boolean,
): void {
  const own = attributes.get('datacontenttype')
  if (own !== undefined && own !== contentType && !tolerant) {
    throw new CloudEventError(
      'cloudevents.invalid-header',
      'The header ce-datacontenttype is not allowed: the content type is the datacontenttype of the event.',
      { attribute: 'datacontenttype' },
    )
  }
  if (own === undefined && contentType !== undefined) attributes.set('datacontenttype', contentType)
}

/** The text of the member that holds a body of a type that is not JSON, with the comma before it. */
function dataText(contentType: string | undefined, body: Buffer, depthMax: number): string {
  if (body.length === 0) return ''
  if (contentType === undefined) {
    const json = jsonValueIn(body, depthMax)
    if (json !== undefined) return `,"data":${json.toString('utf8')}`
  } else if (isTextMediaType(contentType) && isUtf8(body)) {
    return `,"data":${JSON.stringify(body.toString('utf8'))}`
  }
  return `,"data_base64":"${body.toString('base64')}"`
}

function notJson(): CloudEventError {
  return invalidData('The content type declares JSON, but the body is not well-formed JSON in UTF-8.', 'data')
}

function single(name: string, value: string | readonly string[]): string {
  if (typeof value === 'string') return value
  if (value.length !== 1) throw repeated(name)
  return value[0]!
}

function repeated(name: string): CloudEventError {
  return new CloudEventError('cloudevents.invalid-header', `The header ${name} must occur once.`, {
    attribute: name.startsWith('ce-') ? name.slice(3) : 'datacontenttype',
  })
}

function notBinary(): CloudEventError {
  return new CloudEventError(
    'cloudevents.unsupported-media-type',
    'The message is no event in binary mode: it has another CloudEvents content type, or no ce- headers.',
  )
}
