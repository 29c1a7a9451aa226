import type { Condition, JsonNode } from '../language/index.ts'
import { parseAnythingBut } from './anything-but.ts'
import { parseCidr } from './cidr.ts'
import { parseExactly, parseLiteral } from './exact.ts'
import { parseExists } from './exists.ts'
import { parseNumeric } from './numeric.ts'
import type { Place } from './place.ts'
import { parseContains, parseEqualsIgnoreCase, parsePrefix, parseSuffix } from './text-ends.ts'
import { parseWildcard } from './wildcard.ts'

export { describe, Place } from './place.ts'
export { holds } from './holds.ts'
export { wildcardHolds } from './wildcard.ts'

type ParseOperand = (node: JsonNode, place: Place) => Condition

/** Every operator by name. A new one is added here, to `holds`, and to the index of the automaton. */
const operators: Readonly<Record<string, { readonly parse: ParseOperand; readonly aliyun: boolean }>> = {
  exactly: { parse: parseExactly, aliyun: false },
  prefix: { parse: parsePrefix, aliyun: true },
  suffix: { parse: parseSuffix, aliyun: true },
  contains: { parse: parseContains, aliyun: true },
  'equals-ignore-case': { parse: parseEqualsIgnoreCase, aliyun: false },
  wildcard: { parse: parseWildcard, aliyun: false },
  'anything-but': { parse: parseAnythingBut, aliyun: true },
  numeric: { parse: parseNumeric, aliyun: true },
  cidr: { parse: parseCidr, aliyun: true },
  exists: { parse: parseExists, aliyun: true },
}

/** Reads one element of a field's list: a literal, or an object with one operator. */
export function parseCondition(node: JsonNode, place: Place): Condition {
  if (node.type !== 'object') return parseLiteral(node, place)
  const [name, operand] = place.onlyMember(node)
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined
  if (operator === undefined || (place.dialect === 'aliyun' && !operator.aliyun)) {
    return place.fail('pattern.unknown-operator', `"${name}" is no operator of the dialect ${place.dialect}`)
  }
  return operator.parse(operand, place.member(name))
}
