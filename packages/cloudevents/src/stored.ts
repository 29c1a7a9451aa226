import { COMMA, LOWER_F, LOWER_N, LOWER_T, OPEN_OBJECT, QUOTE } from './ascii.ts'
import { checkAttributeText } from './attribute-value.ts'
import type { AttributeValue } from './event.ts'
import type { ByteRange } from './event-text.ts'
import { encodeHeaderValue } from './header-value.ts'
import { JsonScanner } from './json-scanner.ts'
import { isJsonMediaType, jsonMediaType } from './media-type.ts'
import { MemberTable } from './members.ts'
import { isAttributeName } from './names.ts'
import { badName, invalid, reservedName } from './refusals.ts'
import { decodeString, parseString, toBytes } from './text.ts'

/*
 * Work on the text of events that scanStructured, scanBatch or scanBinary has accepted. Nothing is validated again:
 * for other text the result is undefined, and malformed JSON throws.
 */

/** The value of an attribute as the text holds it. */
export type StoredValue = Exclude<AttributeValue, Uint8Array>

/** Attributes that a platform adds. */
export type NewAttributes = Readonly<Record<string, string | number | boolean>>

/**
 * Encodes attributes once for many events: the bytes that stand in the place of the final `}`. Throws
 * `CloudEventError` for a name or a value that the attribute may not have, since the text is not checked again.
 */
export function encodeAttributes(attributes: NewAttributes): Buffer {
  let text = ''
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'data' || name === 'data_base64') throw reservedName(name)
    if (!isAttributeName(name)) throw badName(name)
    if (typeof value === 'string') checkAttributeText(name, value, true)
    if (typeof value === 'number' && value !== (value | 0))
      throw invalid(name, 'is not a whole number of 32 bits')
    text += `,"${name}":${JSON.stringify(value)}`
  }
  return Buffer.from(`${text}}`, 'utf8')
}

/**
 * Adds attributes that the text does not have yet, without reading it: see `EventText.appendable`. Returns a copy
 * that shares nothing with the input. `attributes` may be the result of {@link encodeAttributes}. An event has at least four members, so a comma is always right.
 */
export function withAttributes(bytes: Uint8Array, attributes: NewAttributes | Uint8Array): Buffer {
  const added = attributes instanceof Uint8Array ? toBytes(attributes) : encodeAttributes(attributes)
  const kept = bytes.length - 1
  const result = Buffer.allocUnsafe(kept + added.length)
  toBytes(bytes).copy(result, 0, 0, kept)
  added.copy(result, kept)
  return result
}

/**
 * Sets attributes, whether the text has them (even as null) or not, and drops every member for which `drop`
 * says so. The other members keep their bytes and their order; the new ones come last.
 */
export function replaceAttributes(
  bytes: Uint8Array,
  attributes: NewAttributes,
  drop: (name: string) => boolean = () => false,
): Buffer {
  const text = toBytes(bytes)
  const table = membersOf(text)
  const parts: Buffer[] = []
  for (let index = 0; index < table.count; index++) {
    const name = nameOf(text, table, index)
    if (Object.hasOwn(attributes, name) || drop(name)) continue
    parts.push(comma, text.subarray(table.nameStart[index]! - 1, table.valueEnd[index]))
  }
  if (parts.length === 0) return Buffer.concat([Buffer.from('{'), encodeAttributes(attributes).subarray(1)])
  parts[0] = Buffer.from('{')
  return Buffer.concat([...parts, encodeAttributes(attributes)])
}

/**
 * The context attributes of the text by name, in the order they are written; those with null are left out, and
 * data is not touched. The result has no prototype, so that `constructor` is an attribute like any other.
 */
export function readAttributes(bytes: Uint8Array): Record<string, StoredValue> {
  const text = toBytes(bytes)
  const table = membersOf(text)
  const attributes = newAttributes()
  for (let index = 0; index < table.count; index++) {
    const name = nameOf(text, table, index)
    if (name === 'data' || name === 'data_base64') continue
    const value = valueOf(text, table, index)
    if (value !== undefined) attributes[name] = value
  }
  return attributes
}

/** Where the value of `data` stands, a string's quotes included; undefined without `data`. */
export function dataRange(bytes: Uint8Array): ByteRange | undefined {
  const text = toBytes(bytes)
  const table = membersOf(text)
  for (let index = 0; index < table.count; index++) {
    if (nameOf(text, table, index) === 'data')
      return { start: table.valueStart[index]!, end: table.valueEnd[index]! }
  }
  return undefined
}

/** An event in binary HTTP mode. */
export interface BinaryMessage {
  /** Names in lower case; values percent-encoded. */
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

/**
 * Turns structured text into binary HTTP mode. JSON data is the body byte for byte, as a view of the input. Data
 * without `datacontenttype` is JSON by the JSON format, and so gets the content type `application/json`, as the
 * specification recommends. A JSON string under a content type that is not JSON becomes its UTF-8.
 */
export function toBinary(bytes: Uint8Array): BinaryMessage {
  const text = toBytes(bytes)
  const table = membersOf(text)
  const headers: Record<string, string> = {}
  let contentType: string | undefined
  let data = -1
  let base64 = -1
  for (let index = 0; index < table.count; index++) {
    const name = nameOf(text, table, index)
    if (name === 'data') data = index
    else if (name === 'data_base64') base64 = index
    else {
      const value = valueOf(text, table, index)
      if (name === 'datacontenttype') contentType = value === undefined ? undefined : String(value)
      else if (value !== undefined) headers[`ce-${name}`] = encodeHeaderValue(String(value))
    }
  }
  const body =
    data >= 0
      ? jsonBody(text, table, data, contentType)
      : base64 >= 0
        ? base64Body(text, table, base64)
        : noBody()
  if (contentType === undefined && data >= 0) contentType = jsonMediaType
  if (contentType !== undefined) headers['content-type'] = contentType
  return { headers, body }
}

function jsonBody(text: Buffer, table: MemberTable, index: number, contentType: string | undefined): Buffer {
  const value = text.subarray(table.valueStart[index], table.valueEnd[index])
  if (value[0] !== QUOTE || isJsonMediaType(contentType)) return value
  return Buffer.from(parseString(value.toString('utf8')), 'utf8')
}

function base64Body(text: Buffer, table: MemberTable, index: number): Buffer {
  const value = valueOf(text, table, index)
  return value === undefined ? noBody() : Buffer.from(String(value), 'base64')
}

function noBody(): Buffer {
  return Buffer.alloc(0)
}

/** The value of a member that is no array or object; undefined for null. */
function valueOf(text: Buffer, table: MemberTable, index: number): StoredValue | undefined {
  const start = table.valueStart[index]!
  const end = table.valueEnd[index]!
  const first = text[start]!
  if (first === QUOTE) return decodeString(text, start + 1, end - 1, table.valueFlags[index]!)
  if (first === LOWER_N) return undefined
  if (first === LOWER_T || first === LOWER_F) return first === LOWER_T
  return Number(text.toString('latin1', start, end))
}

function newAttributes(): Record<string, StoredValue> {
  return Object.setPrototypeOf({}, null)
}

function membersOf(text: Buffer): MemberTable {
  if (text[0] !== OPEN_OBJECT) throw new TypeError('The text is not that of a stored event.')
  const table = new MemberTable()
  table.read(new JsonScanner(text), 0)
  return table
}

function nameOf(text: Buffer, table: MemberTable, index: number): string {
  return text.toString('latin1', table.nameStart[index], table.nameEnd[index])
}

const comma = Buffer.from([COMMA])
