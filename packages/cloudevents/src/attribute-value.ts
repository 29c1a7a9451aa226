import { isMediaType } from './media-type.ts'
import { invalid } from './refusals.ts'
import { isTimestamp } from './timestamp.ts'
import { isUri, isUriReference } from './uri.ts'

/** The types of CloudEvents 1.0, section "Type System". */
export type AttributeType =
  | 'Boolean'
  | 'Integer'
  | 'String'
  | 'Binary'
  | 'URI'
  | 'URI-reference'
  | 'Timestamp'

/**
 * Reads the canonical string form of a typed attribute, as binary mode transports it and as `String` values of the
 * JSON format may hold it. Returns undefined when the text is not of that type. Timestamps and URIs are returned
 * verbatim, `Binary` as bytes.
 */
export function parseAttribute(
  text: string,
  type: AttributeType,
): string | number | boolean | Uint8Array | undefined {
  return parsers[type](text)
}

/** True for the text of a whole number from -2,147,483,648 to 2,147,483,647, without exponent or fraction. */
export function isInteger(text: string): boolean {
  if (!/^-?(?:0|[1-9][0-9]{0,9})$/.test(text)) return false
  const value = Number(text)
  return value >= -2_147_483_648 && value <= 2_147_483_647
}

/**
 * True when the text has only characters that a `String` may have: no control characters, no Unicode
 * noncharacters, no surrogate without its partner.
 */
export function isAllowedText(text: string): boolean {
  return !forbidden.test(text)
}

const forbidden = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u

/** True for RFC 4648 base64 with padding, without line breaks. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

/** Throws `cloudevents.invalid-attribute` unless the value of a context attribute has the form the attribute demands. */
export function checkAttributeText(name: string, value: string, tolerant: boolean): void {
  if (value === '' && nonEmpty.has(name)) throw invalid(name, 'must not be empty')
  if (!isAllowedText(value))
    throw invalid(name, 'contains a control character, a noncharacter or half a surrogate pair')
  switch (name) {
    case 'source':
      if (!isUriReference(value, tolerant)) throw invalid(name, 'is not a URI-reference (RFC 3986)')
      return
    case 'dataschema':
      if (!isUri(value, tolerant)) throw invalid(name, 'is not an absolute URI (RFC 3986)')
      return
    case 'datacontenttype':
      if (!isMediaType(value)) throw invalid(name, 'is not a media type such as application/json')
      return
    case 'time':
      if (!isTimestamp(value, tolerant))
        throw invalid(name, 'is not an RFC 3339 time such as 2026-01-31T12:00:00Z')
      return
    default:
  }
}

const nonEmpty: ReadonlySet<string> = new Set([
  'id',
  'source',
  'type',
  'subject',
  'dataschema',
  'datacontenttype',
  'time',
])

const parsers: Readonly<
  Record<AttributeType, (text: string) => string | number | boolean | Uint8Array | undefined>
> = {
  Boolean: text => (text === 'true' ? true : text === 'false' ? false : undefined),
  Integer: text => (isInteger(text) ? Number(text) : undefined),
  String: text => (isAllowedText(text) ? text : undefined),
  Binary: text => (isBase64(text) ? Buffer.from(text, 'base64') : undefined),
  URI: text => (isUri(text) ? text : undefined),
  'URI-reference': text => (isUriReference(text) ? text : undefined),
  Timestamp: text => (isTimestamp(text) ? text : undefined),
}
