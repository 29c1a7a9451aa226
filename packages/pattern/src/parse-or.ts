import type { FieldTest, JsonNode, JsonObject } from './language/index.ts'
import { patternLimits } from './limits.ts'
import { describe, type Place } from './operators/index.ts'

/** The alternatives of a pattern while it is read, each a map from a field's key to its test. */
export interface Draft {
  alternatives: Array<Map<string, FieldTest>>
}

type AddObject = (node: JsonObject, place: Place, draft: Draft) => void

/**
 * `"$or": [{…}, {…}]`: every alternative that exists so far is continued by each of the objects, so the alternatives multiply.
 * Members that follow the `$or` are added to all of them.
 */
export function addOr(node: JsonNode, place: Place, draft: Draft, addObject: AddObject): void {
  if (node.type !== 'list')
    place.fail('pattern.invalid-or', `"$or" takes a list of objects, not ${describe(node)}`)
  if (node.items.length < 2) {
    place.fail('pattern.invalid-or', `"$or" takes at least two objects, not ${node.items.length}`)
  }
  const before = draft.alternatives
  const after: Array<Map<string, FieldTest>> = []
  for (const [index, item] of node.items.entries()) {
    const branchPlace = place.item(index)
    if (item.type !== 'object')
      return branchPlace.fail('pattern.invalid-or', `an object is expected, not ${describe(item)}`)
    checkNames(item, branchPlace)
    const branch: Draft = { alternatives: before.map(fields => new Map(fields)) }
    addObject(item, branchPlace, branch)
    after.push(...branch.alternatives)
    if (after.length > patternLimits.alternativesMax) {
      const reason = `the "$or"s multiply to more than ${patternLimits.alternativesMax} alternatives`
      place.fail('pattern.too-many-alternatives', reason)
    }
  }
  draft.alternatives = after
}

/** Names that read like operators are refused inside `$or`: there they are far more often a slip than a field. */
const reserved = new Set([
  'exactly',
  'equals-ignore-case',
  'prefix',
  'suffix',
  'anything-but',
  'exists',
  'wildcard',
  'numeric',
  'cidr',
  '=',
  '<',
  '<=',
  '>',
  '>=',
  'regex',
  'not-wildcard',
  'not-equals-ignore-case',
  'date-after',
  'date-on-or-after',
  'date-before',
  'date-on-or-before',
  'in-date-range',
  'ip-address-in-range',
  'ip-address-not-in-range',
])

function checkNames(node: JsonObject, place: Place): void {
  for (const [name, member] of node.members) {
    if (reserved.has(name))
      place.fail('pattern.invalid-or', `"${name}" is reserved and no field name inside "$or"`)
    if (member.type === 'object') checkNames(member, place.member(name))
  }
}
