import { type Condition, Decimal, type JsonNode, parseAddress } from '../language/index.ts'
import { PatternError } from '../pattern-error.ts'
import type { Place } from './place.ts'

/**
 * A literal in the list of a field.
 *
 * `standard`: a string equals the same string, except that an IP address equals every spelling of that address; a number
 * equals the same number however it is written. `aliyun`: everything but null is compared as text.
 */
export function parseLiteral(node: JsonNode, place: Place): Condition {
  switch (node.type) {
    case 'null':
      return { kind: 'null' }
    case 'string':
      return place.dialect === 'aliyun' ? { kind: 'text', text: node.text } : stringOrAddress(node.text)
    case 'number':
      return place.dialect === 'aliyun'
        ? { kind: 'text', text: node.text }
        : { kind: 'number', number: new Decimal(node.text) }
    case 'boolean':
      return place.dialect === 'aliyun'
        ? { kind: 'text', text: node.text }
        : { kind: 'boolean', text: node.text }
    default:
      throw new PatternError('pattern.nested-list', place.path, 'a list of values may not hold another list')
  }
}

/** `{"exactly": "text"}`: the string itself, an address being no exception. */
export function parseExactly(node: JsonNode, place: Place): Condition {
  return { kind: 'string', text: place.string(node, 'exactly') }
}

function stringOrAddress(text: string): Condition {
  const address = parseAddress(text)
  return address === null ? { kind: 'string', text } : { kind: 'address', address }
}
