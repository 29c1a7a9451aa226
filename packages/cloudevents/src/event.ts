/**
 * The value of a context attribute. `Boolean` and `Integer` are JSON booleans and numbers; `String`, `URI`,
 * `URI-reference` and `Timestamp` are strings, kept verbatim. `Binary` is a base64 string when it was read, since
 * no format tells it from a string; when writing, bytes are accepted and written as base64.
 * See CloudEvents 1.0, "Type System".
 */
export type AttributeValue = string | number | boolean | Uint8Array

/**
 * The data of an event, always as bytes that are never re-serialised.
 * - `json`: a JSON value; `bytes` are its text exactly as it was received, without surrounding white space.
 * - `text`: text of a content type that is not JSON; `bytes` are its UTF-8.
 * - `binary`: anything else.
 */
export interface EventData {
  readonly kind: 'json' | 'text' | 'binary'
  readonly bytes: Uint8Array
}

/** One event of CloudEvents 1.0. `time` is kept as written, whatever its precision or offset. */
export interface CloudEvent {
  readonly id: string
  readonly source: string
  readonly specversion: '1.0'
  readonly type: string
  readonly datacontenttype?: string
  readonly dataschema?: string
  readonly subject?: string
  readonly time?: string
  /** Extension attributes, in the order they were written. */
  readonly extensions: Readonly<Record<string, AttributeValue>>
  /** Absent when the event has no data; a JSON `null` is data. */
  readonly data?: EventData
}

/** HTTP headers as `node:http` hands them out: names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>
