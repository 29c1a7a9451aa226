import { LOWER_F, LOWER_T, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './ascii.ts'
import { CloudEventError } from './errors.ts'

/** The refusal of an attribute's value; `what` completes the sentence that starts with its name. */
export function invalid(name: string, what: string): CloudEventError {
  return new CloudEventError('cloudevents.invalid-attribute', `The attribute ${name} ${what}.`, {
    attribute: name,
  })
}

/** The refusal of something that crosses a limit. */
export function tooMuch(
  code:
    | 'cloudevents.event-too-large'
    | 'cloudevents.too-deep'
    | 'cloudevents.attribute-too-long'
    | 'cloudevents.too-many-attributes'
    | 'cloudevents.batch-too-large'
    | 'cloudevents.too-many-events',
  what: string,
  unit: string,
  limit: number,
  seen: number,
  attribute?: string,
): CloudEventError {
  return new CloudEventError(code, `${what} has ${seen} ${unit}; the limit is ${limit}.`, {
    attribute,
    limit,
    seen,
  })
}

/** The refusal of an attribute's name because of its characters. */
export function badName(name: string): CloudEventError {
  const shown = shorten(name)
  return new CloudEventError(
    'cloudevents.invalid-attribute-name',
    `The attribute name ${JSON.stringify(shown)} must consist of the letters a-z and digits.`,
    { attribute: shown },
  )
}

/** The refusal of `data` or `data_base64` where a context attribute is meant. */
export function reservedName(name: string): CloudEventError {
  return new CloudEventError(
    'cloudevents.invalid-attribute-name',
    `The attribute name "${name}" is reserved for the data.`,
    { attribute: name },
  )
}

/** The refusal of a second member with the same name. */
export function duplicate(name: string): CloudEventError {
  return new CloudEventError(
    'cloudevents.duplicate-attribute',
    `The attribute ${name} occurs more than once.`,
    { attribute: name },
  )
}

/** The refusal of an event that lacks a required attribute. */
export function missing(name: string): CloudEventError {
  return new CloudEventError('cloudevents.missing-attribute', `The event has no ${name}.`, {
    attribute: name,
  })
}

/** The refusal of a JSON type; `first` is the first byte of the value. */
export function wrongType(name: string, wanted: string, first: number): CloudEventError {
  return new CloudEventError(
    'cloudevents.wrong-type',
    `The attribute ${name} must be ${wanted}, but is ${typeName(first)}.`,
    { attribute: name },
  )
}

/** The refusal of a version of the specification. */
export function unsupportedVersion(version: string): CloudEventError {
  return new CloudEventError(
    'cloudevents.unsupported-specversion',
    `The attribute specversion is ${JSON.stringify(shorten(version))}; only "1.0" is supported.`,
    { attribute: 'specversion' },
  )
}

/** The refusal of an event with both members for data. */
export function dataTwice(): CloudEventError {
  return new CloudEventError('cloudevents.data-twice', 'The event has both data and data_base64.', {
    attribute: 'data_base64',
  })
}

/** The refusal of data that is not what the event says it is. */
export function invalidData(message: string, member: 'data' | 'data_base64'): CloudEventError {
  return new CloudEventError('cloudevents.invalid-data', message, { attribute: member })
}

/** Cuts a name from outside to a length that fits a message. */
export function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`
}

function typeName(first: number): string {
  if (first === OPEN_OBJECT) return 'an object'
  if (first === OPEN_ARRAY) return 'an array'
  if (first === QUOTE) return 'a string'
  return first === LOWER_T || first === LOWER_F ? 'a boolean' : 'a number'
}
