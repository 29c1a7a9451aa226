import type { Condition, JsonNode } from '../language/index.ts'
import { describe, type Place } from './place.ts'

/** `{"exists": true}`: the field has a leaf, null included; `{"exists": false}`: it has none. */
export function parseExists(node: JsonNode, place: Place): Condition {
  if (node.type !== 'boolean') {
    place.fail('pattern.invalid-operand', `"exists" takes true or false, not ${describe(node)}`)
  }
  return node.text === 'true' ? { kind: 'exists' } : { kind: 'absent' }
}
