/** Media type of one event in the JSON format. */
export const structuredMediaType = 'application/cloudevents+json'
/** Media type of a batch in the JSON format. */
export const batchMediaType = 'application/cloudevents-batch+json'
/** Media type of JSON data, and what data without `datacontenttype` is taken for in the JSON format. */
export const jsonMediaType = 'application/json'

/** How an HTTP message carries events; `unsupported` is a CloudEvents format other than JSON (XML, Avro…). */
export type ContentMode = 'structured' | 'batch' | 'binary' | 'unsupported'

/**
 * Decides the content mode by the `content-type` header alone, as the HTTP binding demands: whatever is not a
 * CloudEvents format is binary mode, and `parseBinary` then finds out whether the `ce-` headers are there.
 */
export function contentModeOf(contentType: string | undefined): ContentMode {
  const type = essenceOf(contentType ?? '')
  if (type === structuredMediaType) return 'structured'
  if (type === batchMediaType) return 'batch'
  return type.startsWith('application/cloudevents') ? 'unsupported' : 'binary'
}

/** True when the media type declares JSON: subtype `json` or suffix `+json`. Absent means JSON in the JSON format. */
export function isJsonMediaType(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType === jsonMediaType) return true
  const type = essenceOf(contentType)
  return type.endsWith('/json') || type.endsWith('+json')
}

/**
 * True when the media type promises text whose bytes can be written as a JSON string, that is text in UTF-8 or in
 * a charset left open. Whether the bytes are UTF-8 indeed is for the caller to check.
 */
export function isTextMediaType(contentType: string): boolean {
  const charset = charsetOf(contentType)
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    return false
  const type = essenceOf(contentType)
  return (
    type.startsWith('text/') ||
    type === 'application/xml' ||
    type.endsWith('+xml') ||
    type === 'application/yaml' ||
    type.endsWith('+yaml') ||
    type === 'application/x-www-form-urlencoded' ||
    type === 'application/javascript'
  )
}

/** True for `type/subtype` with optional parameters, by the grammar of RFC 9110, section 8.3.1. */
export function isMediaType(text: string): boolean {
  return text === jsonMediaType || mediaTypePattern.test(text)
}

function essenceOf(contentType: string): string {
  const semicolon = contentType.indexOf(';')
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
}

function charsetOf(contentType: string): string | undefined {
  return charsetPattern.exec(contentType)?.[1]?.toLowerCase()
}

const charsetPattern = /;[ \t]*charset=[ \t]*"?([^\s";]+)/i
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const quoted = '"(?:[^"\\\\\\x00-\\x1f\\x7f]|\\\\[^\\x00-\\x1f\\x7f])*"'
const mediaTypePattern = new RegExp(
  `^${token}/${token}(?:[ \\t]*;(?:[ \\t]*${token}=(?:${token}|${quoted}))?)*[ \\t]*$`,
)
