/** Every code with the HTTP status that a server answers it with, and what it means. Codes are never renamed. */
export const errorCatalogue = {
  'pattern.not-json': {
    status: 400,
    description: 'The pattern is not JSON (RFC 8259), or holds a value that JSON does not have.',
  },
  'pattern.not-an-object': {
    status: 400,
    description: 'A pattern is a JSON object.',
  },
  'pattern.empty-object': {
    status: 400,
    description: 'An object of the pattern names no field.',
  },
  'pattern.field-not-a-list': {
    status: 400,
    description: 'A field of the pattern is neither an object nor a list of values.',
  },
  'pattern.empty-list': {
    status: 400,
    description: 'A list of the pattern holds no value, so nothing could match.',
  },
  'pattern.nested-list': {
    status: 400,
    description: 'A list of values holds another list.',
  },
  'pattern.not-one-operator': {
    status: 400,
    description: 'An operator object has no member, or more than one.',
  },
  'pattern.unknown-operator': {
    status: 400,
    description: 'The dialect has no operator of this name at this place.',
  },
  'pattern.invalid-operand': {
    status: 400,
    description: 'The operand is not of the type or length that its operator takes.',
  },
  'pattern.empty-operand': {
    status: 400,
    description: 'The operand is an empty string where its operator takes none.',
  },
  'pattern.invalid-number': {
    status: 400,
    description: 'A number is outside of the range or the precision that can be compared.',
  },
  'pattern.empty-range': {
    status: 400,
    description: 'The lower bound of a range is not below its upper bound.',
  },
  'pattern.invalid-address': {
    status: 400,
    description: 'The operand is no block of IP addresses that the dialect knows.',
  },
  'pattern.invalid-wildcard': {
    status: 400,
    description:
      'A wildcard has two stars in a row, or a backslash before something else than a star or a backslash.',
  },
  'pattern.wildcard-too-complex': {
    status: 400,
    description: 'A wildcard has too many stars, or too many that wait for the same character.',
  },
  'pattern.mixed-list': {
    status: 400,
    description: 'The list of anything-but holds strings and numbers.',
  },
  'pattern.invalid-or': {
    status: 400,
    description: 'The operand of $or is no list of at least two objects, or names a reserved field.',
  },
  'pattern.too-many-alternatives': {
    status: 400,
    description: 'The $or of the pattern multiply to more alternatives than allowed.',
  },
  'pattern.too-many-expressions': {
    status: 400,
    description: 'A field has more operator objects than the dialect allows.',
  },
  'pattern.too-many-values': {
    status: 400,
    description: 'A list holds more values than allowed.',
  },
  'pattern.too-deep': {
    status: 400,
    description: 'The pattern is nested deeper than allowed.',
  },
  'pattern.too-large': {
    status: 400,
    description: 'The pattern is longer, or names more fields, than allowed.',
  },
  'pattern.too-many-rules': {
    status: 429,
    description: 'The matcher holds as many rules as it may.',
  },
  'pattern.duplicate-rule': {
    status: 409,
    description: 'The matcher holds a rule of this id already.',
  },
  'pattern.event-not-json': {
    status: 400,
    description: 'The event is no JSON object.',
  },
  'pattern.event-too-deep': {
    status: 400,
    description: 'The event is nested deeper than allowed in a part that a rule names.',
  },
} as const
