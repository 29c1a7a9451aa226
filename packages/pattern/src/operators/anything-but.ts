import { type Condition, Decimal, type JsonNode, type JsonObject } from '../language/index.ts'
import { patternLimits } from '../limits.ts'
import { describe, type Place } from './place.ts'
import { parseWildcard } from './wildcard.ts'

/**
 * `{"anything-but": …}`: the field has a value for which none of the listed conditions holds. A missing field has none.
 *
 * `standard` takes strings or numbers (not mixed), or an object with one of `prefix`, `suffix`, `equals-ignore-case` and
 * `wildcard` and a string or list of strings. `aliyun` takes scalars of any kind, mixed, or an object with `prefix` or
 * `suffix` and one string.
 */
export function parseAnythingBut(node: JsonNode, place: Place): Condition {
  if (node.type === 'object') return parseOperator(node, place)
  const items = itemsOf(node, place)
  const excluded = items.map((item, index) =>
    parseExcluded(item, node.type === 'list' ? place.item(index) : place),
  )
  if (place.dialect === 'standard' && new Set(items.map(item => item.type)).size > 1) {
    place.fail('pattern.mixed-list', 'the list holds strings and numbers; it must be all of one kind')
  }
  return { kind: 'anything-but', excluded }
}

function parseExcluded(node: JsonNode, place: Place): Condition {
  if (place.dialect === 'aliyun') {
    if (node.type === 'null') return { kind: 'null' }
    if (node.type === 'object' || node.type === 'list') return refuse(node, place)
    return { kind: 'text', text: node.text }
  }
  if (node.type === 'string') return { kind: 'string', text: node.text }
  if (node.type !== 'number') return refuse(node, place)
  const number = new Decimal(node.text)
  if (!number.isExact) {
    place.fail(
      'pattern.invalid-number',
      'the number has more digits than a 64-bit floating point number can hold',
    )
  }
  return { kind: 'number', number }
}

function refuse(node: JsonNode, place: Place): never {
  return place.fail('pattern.invalid-operand', `"anything-but" does not take ${describe(node)} here`)
}

function parseOperator(node: JsonObject, place: Place): Condition {
  const [name, operand] = place.onlyMember(node)
  const inner = place.member(name)
  const known =
    place.dialect === 'aliyun' ? ['prefix', 'suffix'] : ['prefix', 'suffix', 'equals-ignore-case', 'wildcard']
  if (!known.includes(name)) {
    place.fail('pattern.unknown-operator', `"anything-but" knows ${known.join(', ')}, not "${name}"`)
  }
  if (operand.type !== 'list') return { kind: 'anything-but', excluded: [parseInner(name, operand, inner)] }
  if (place.dialect === 'aliyun')
    inner.fail('pattern.invalid-operand', `"${name}" takes a string, not a list`)
  return {
    kind: 'anything-but',
    excluded: itemsOf(operand, inner).map((item, index) => parseInner(name, item, inner.item(index))),
  }
}

function parseInner(name: string, node: JsonNode, place: Place): Condition {
  switch (name) {
    case 'prefix':
      return { kind: 'prefix', text: place.filledString(node, name) }
    case 'suffix':
      return { kind: 'suffix', text: place.filledString(node, name) }
    case 'equals-ignore-case':
      return { kind: 'ignore-case', where: 'whole', text: place.string(node, name) }
    default:
      return parseWildcard(node, place)
  }
}

function itemsOf(node: JsonNode, place: Place): readonly JsonNode[] {
  if (node.type !== 'list') return [node]
  if (node.items.length === 0) place.fail('pattern.empty-list', '"anything-but" takes at least one value')
  if (node.items.length > patternLimits.valuesPerFieldMax) {
    place.fail(
      'pattern.too-many-values',
      `${node.items.length} values, at most ${patternLimits.valuesPerFieldMax}`,
    )
  }
  return node.items
}
