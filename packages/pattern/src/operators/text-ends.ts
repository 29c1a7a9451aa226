import type { Condition, JsonNode, JsonObject } from '../language/index.ts'
import { describe, type Place } from './place.ts'

/** `{"prefix": "text"}` and, in `standard`, `{"prefix": {"equals-ignore-case": "text"}}`. */
export function parsePrefix(node: JsonNode, place: Place): Condition {
  return node.type === 'object'
    ? parseIgnoringCase(node, place, 'prefix', 'start')
    : { kind: 'prefix', text: endText(node, place, 'prefix') }
}

/** `{"suffix": "text"}` and, in `standard`, `{"suffix": {"equals-ignore-case": "text"}}`. */
export function parseSuffix(node: JsonNode, place: Place): Condition {
  return node.type === 'object'
    ? parseIgnoringCase(node, place, 'suffix', 'end')
    : { kind: 'suffix', text: endText(node, place, 'suffix') }
}

/** `{"contains": "text"}`: the text stands somewhere in the string. */
export function parseContains(node: JsonNode, place: Place): Condition {
  return { kind: 'contains', text: place.filledString(node, 'contains') }
}

/** `{"equals-ignore-case": "text"}`. */
export function parseEqualsIgnoreCase(node: JsonNode, place: Place): Condition {
  return { kind: 'ignore-case', where: 'whole', text: place.string(node, 'equals-ignore-case') }
}

function endText(node: JsonNode, place: Place, operator: string): string {
  return place.dialect === 'aliyun' ? place.filledString(node, operator) : place.string(node, operator)
}

function parseIgnoringCase(
  node: JsonObject,
  place: Place,
  operator: string,
  where: 'start' | 'end',
): Condition {
  if (place.dialect === 'aliyun') {
    place.fail('pattern.invalid-operand', `"${operator}" takes a string, not ${describe(node)}`)
  }
  const [name, operand] = place.onlyMember(node)
  if (name !== 'equals-ignore-case') {
    place.fail('pattern.unknown-operator', `"${operator}" knows "equals-ignore-case" only, not "${name}"`)
  }
  return { kind: 'ignore-case', where, text: place.member(name).string(operand, name) }
}
