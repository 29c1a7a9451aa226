import type { PatternErrorCode } from '@millrace/pattern'
import type { ErrorEntry } from '@millrace/spi'

/** The codes of the pattern library as this server answers them; the compiler sees to it that none is left out. */
export const patternErrors = {
  'pattern.not-json': { status: 400, description: 'The text of the pattern is not JSON.' },
  'pattern.not-an-object': { status: 400, description: 'A pattern must be a JSON object.' },
  'pattern.empty-object': { status: 400, description: 'An object inside a pattern names no field.' },
  'pattern.field-not-a-list': {
    status: 400,
    description: 'A field of a pattern must be a list of conditions.',
  },
  'pattern.empty-list': {
    status: 400,
    description: 'A list of conditions is empty, so that nothing could match.',
  },
  'pattern.nested-list': { status: 400, description: 'A list of conditions holds another list.' },
  'pattern.not-one-operator': {
    status: 400,
    description: 'A condition must be an object with exactly one operator.',
  },
  'pattern.unknown-operator': { status: 400, description: 'The dialect has no operator of this name.' },
  'pattern.invalid-operand': {
    status: 400,
    description: 'The operand does not have the type that its operator needs.',
  },
  'pattern.empty-operand': { status: 400, description: 'The operand is empty.' },
  'pattern.invalid-number': {
    status: 400,
    description: 'A number is outside the range or precision that can be compared.',
  },
  'pattern.empty-range': { status: 400, description: 'No number lies in the range.' },
  'pattern.invalid-address': {
    status: 400,
    description: 'The text is not an address block in CIDR notation.',
  },
  'pattern.invalid-wildcard': { status: 400, description: 'The wildcard expression is broken.' },
  'pattern.wildcard-too-complex': {
    status: 400,
    description: 'Matching the wildcard expressions could cost too much.',
  },
  'pattern.mixed-list': { status: 400, description: 'A list mixes values that cannot stand together.' },
  'pattern.invalid-or': { status: 400, description: '`$or` must be a list of at least two patterns.' },
  'pattern.too-many-alternatives': {
    status: 400,
    description: 'The `$or` of the pattern multiply to too many alternatives.',
  },
  'pattern.too-many-expressions': {
    status: 400,
    description: 'The pattern has more conditions than allowed.',
  },
  'pattern.too-many-values': { status: 400, description: 'A condition lists more values than allowed.' },
  'pattern.too-deep': { status: 400, description: 'The pattern is nested deeper than allowed.' },
  'pattern.too-large': { status: 400, description: 'The pattern has more bytes than allowed.' },
  'pattern.too-many-rules': { status: 429, description: 'The bus has as many rules as its matcher takes.' },
  'pattern.duplicate-rule': { status: 409, description: 'The matcher has a rule of this identity already.' },
  'pattern.event-not-json': { status: 400, description: 'The event to be matched is no JSON object.' },
  'pattern.event-too-deep': {
    status: 400,
    description: 'The event to be matched is nested deeper than allowed.',
  },
} as const satisfies Readonly<Record<PatternErrorCode, ErrorEntry>>
