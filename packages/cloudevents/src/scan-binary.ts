import { isUtf8 } from 'node:buffer'
import { CloudEventError } from './errors.ts'
import type { HttpHeaders } from './event.ts'
import type { EventText } from './event-text.ts'
import { decodeHeaderValue } from './header-value.ts'
import { jsonValueIn } from './json-value.ts'
import { resolveOptions } from './limits.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { contentModeOf, isJsonMediaType, isTextMediaType } from './media-type.ts'
import { invalidData, reservedName, tooMuch } from './refusals.ts'
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
    throw tooMuch('event-too-large', 'The event', 'bytes of data alone', max, bytes.length)
  const attributes = readHeaders(headers, resolved)
  const head = JSON.stringify(Object.fromEntries(attributes)).slice(0, -1)
  const data = dataMember(attributes.get('datacontenttype'), bytes, resolved.limits.depthMax)
  const separator = attributes.size === 0 || data.length === 0 ? '' : ','
  return scanStructured(Buffer.concat([Buffer.from(head + separator, 'utf8'), ...data, closing]), resolved)
}

/** The context attributes of a binary-mode message, decoded, `datacontenttype` included. */
function readHeaders(headers: HttpHeaders, options: ResolvedOptions): Map<string, string> {
  const attributes = new Map<string, string>()
  let contentType: string | undefined
  for (const [key, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const name = key.toLowerCase()
    if (name === 'content-type') contentType = single(name, value).trim()
    else if (name.startsWith('ce-')) {
      const attribute = name.slice(3)
      if (attribute === 'data' || attribute === 'data_base64') throw reservedName(attribute)
      if (attributes.has(attribute)) throw repeated(name)
      attributes.set(attribute, decodeHeaderValue(attribute, single(name, value)))
    }
  }
  if (contentModeOf(contentType) !== 'binary' || attributes.size === 0) throw notBinary()
  if (!attributes.has('specversion')) {
    throw new CloudEventError(
      'cloudevents.missing-attribute',
      'The event has no specversion: no header ce-specversion.',
      {
        attribute: 'specversion',
      },
    )
  }
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

/** The member that holds the body, in parts to be joined; empty for an empty body. */
function dataMember(contentType: string | undefined, body: Buffer, depthMax: number): Buffer[] {
  if (body.length === 0) return []
  if (isJsonMediaType(contentType)) {
    const json = jsonValueIn(body, depthMax)
    if (json !== undefined) return [dataName, json]
    if (contentType !== undefined) {
      throw invalidData(
        'The content type declares JSON, but the body is not well-formed JSON in UTF-8.',
        'data',
      )
    }
  } else if (contentType !== undefined && isTextMediaType(contentType) && isUtf8(body)) {
    return [dataName, Buffer.from(JSON.stringify(body.toString('utf8')), 'utf8')]
  }
  return [Buffer.from(`"data_base64":"${body.toString('base64')}"`, 'latin1')]
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

const dataName = Buffer.from('"data":', 'latin1')
const closing = Buffer.from('}', 'latin1')
