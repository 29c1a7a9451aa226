/** The stable codes of everything this package refuses. Codes are never renamed; new ones may be added. */
export type CloudEventErrorCode = keyof typeof errorCatalogue

/** Facts about a refusal that a program may want to read without parsing the sentence. */
export interface CloudEventErrorDetails {
  /** The context attribute or member the refusal is about. */
  readonly attribute?: string | undefined
  /** The limit that was crossed. */
  readonly limit?: number | undefined
  /** The value that was seen where `limit` was allowed; "at least" when counting stopped at the limit. */
  readonly seen?: number | undefined
  /** Offset in the input, in bytes, of the place where reading stopped. */
  readonly offset?: number | undefined
}

/**
 * Says why an input is not a CloudEvent this package accepts. Never retryable: the same bytes are refused again.
 * The message names the attribute, the limit and the size seen; it never contains data and never the value of an
 * attribute, except for a `specversion` that is not supported.
 */
export class CloudEventError extends Error {
  override readonly name: string = 'CloudEventError'
  readonly code: CloudEventErrorCode
  readonly attribute: string | undefined
  readonly limit: number | undefined
  readonly seen: number | undefined
  readonly offset: number | undefined

  constructor(code: CloudEventErrorCode, message: string, details: CloudEventErrorDetails = {}) {
    super(message)
    this.code = code
    this.attribute = details.attribute
    this.limit = details.limit
    this.seen = details.seen
    this.offset = details.offset
  }
}

/** Every code with the HTTP status a server answers it with, and what it means. */
export const errorCatalogue = {
  'cloudevents.invalid-utf8': {
    status: 400,
    description: 'The text is not well-formed UTF-8.',
  },
  'cloudevents.invalid-json': {
    status: 400,
    description: 'The text is not well-formed JSON (RFC 8259).',
  },
  'cloudevents.not-an-object': {
    status: 400,
    description: 'An event in the JSON format must be a JSON object.',
  },
  'cloudevents.not-an-array': {
    status: 400,
    description: 'A batch in the JSON format must be a JSON array.',
  },
  'cloudevents.missing-attribute': {
    status: 400,
    description: 'One of id, source, specversion, type is absent or null.',
  },
  'cloudevents.invalid-attribute': {
    status: 400,
    description: 'The value of a context attribute does not have the form its type demands.',
  },
  'cloudevents.wrong-type': {
    status: 400,
    description: 'A context attribute has a JSON type that its CloudEvents type does not allow.',
  },
  'cloudevents.invalid-attribute-name': {
    status: 400,
    description:
      'An attribute name must consist of lower-case letters a-z and digits, and must not be reserved.',
  },
  'cloudevents.duplicate-attribute': {
    status: 400,
    description: 'The same attribute or member occurs more than once.',
  },
  'cloudevents.unsupported-specversion': {
    status: 400,
    description: 'Only version 1.0 of the CloudEvents specification is supported.',
  },
  'cloudevents.data-twice': {
    status: 400,
    description: 'An event carries either data or data_base64, not both.',
  },
  'cloudevents.invalid-data': {
    status: 400,
    description:
      'The data is not what the event says it is: broken base64, or a JSON content type without JSON.',
  },
  'cloudevents.invalid-header': {
    status: 400,
    description: 'A ce- header is repeated, or its percent-encoding or quoting is broken.',
  },
  'cloudevents.attribute-too-long': {
    status: 400,
    description: 'The name or the value of an attribute is longer than allowed.',
  },
  'cloudevents.too-many-attributes': {
    status: 400,
    description: 'The event has more extension attributes than allowed.',
  },
  'cloudevents.too-deep': {
    status: 400,
    description: 'Arrays and objects in data are nested deeper than allowed.',
  },
  'cloudevents.event-too-large': {
    status: 413,
    description: 'The structured JSON text of the event has more bytes than allowed.',
  },
  'cloudevents.batch-too-large': {
    status: 413,
    description: 'The text of the batch has more bytes than allowed.',
  },
  'cloudevents.too-many-events': {
    status: 413,
    description: 'The batch has more events than allowed.',
  },
  'cloudevents.unsupported-media-type': {
    status: 415,
    description: 'The content type is neither a supported CloudEvents format nor a binary-mode event.',
  },
} as const satisfies Record<string, { readonly status: number; readonly description: string }>
