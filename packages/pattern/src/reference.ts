import {
  type Alternative,
  type FieldTest,
  type JsonNode,
  type ParsedPattern,
  type Reach,
  Value,
} from './language/index.ts'
import { holds } from './operators/index.ts'

/**
 * The matcher that is slow and plainly right: it flattens the event, then tries every value for every field. The automaton is
 * held against it, and `explain` reports what it sees.
 */
export function referenceMatches(pattern: ParsedPattern, event: JsonNode): boolean {
  return pattern.alternatives.some(alternative => alternativeHolds(alternative, pattern.reach, event))
}

/** Whether all fields of one alternative are satisfied together. */
function alternativeHolds(alternative: Alternative, reach: Reach, event: JsonNode): boolean {
  const found = alternative.fields.map(field => findValues(field, reach, event))
  return holdsFrom(alternative.fields, found, 0, new Map())
}

/** Which element of which list a value lies in; the lists are named by number. */
export type Membership = ReadonlyMap<number, number>

export interface FoundValue {
  readonly value: Value
  readonly membership: Membership
}

export interface FoundField {
  readonly values: readonly FoundValue[]
  /** The field is there but is nothing that a condition can be held against, so not even `absent` holds. */
  readonly blocked: boolean
}

/** Whether one field is satisfied by itself. */
export function fieldHolds(field: FieldTest, found: FoundField): boolean {
  return holdsFrom([field], [found], 0, new Map())
}

/** All values of one field. */
export function findValues(field: FieldTest, reach: Reach, event: JsonNode): FoundField {
  return reach === 'plain' ? findPlain(field.steps, event) : findLeaves(field.path, event)
}

/**
 * Fields are taken in the order of their paths. The lists in which the values chosen so far lie are remembered: a later
 * value must lie in the same elements, and `absent` asks whether those elements lack the field.
 */
function holdsFrom(
  fields: readonly FieldTest[],
  found: readonly FoundField[],
  index: number,
  membership: Membership,
): boolean {
  const field = fields[index]
  const { values, blocked } = found[index] ?? { values: [], blocked: false }
  if (field === undefined) return true
  const present = values.flatMap(({ value, membership: own }) => {
    const joined = join(membership, own)
    return joined === null ? [] : [{ value, joined }]
  })
  const asksForAbsence = field.conditions.some(condition => condition.kind === 'absent')
  if (asksForAbsence && !blocked && present.length === 0 && holdsFrom(fields, found, index + 1, membership))
    return true
  return present.some(
    ({ value, joined }) =>
      field.conditions.some(condition => holds(condition, value)) &&
      holdsFrom(fields, found, index + 1, joined),
  )
}

function join(left: Membership, right: Membership): Membership | null {
  const joined = new Map(left)
  for (const [list, element] of right) {
    const chosen = joined.get(list)
    if (chosen !== undefined && chosen !== element) return null
    joined.set(list, element)
  }
  return joined
}

/**
 * Outside of lists the first member that gives the field a value is the one that counts; a list gives all of its values.
 * Only a repeated member name, or a dotted name beside a nested object, can make a second.
 */
function findLeaves(path: string, event: JsonNode): FoundField {
  const values: FoundValue[] = []
  let lists = 0
  let closed = false
  const visit = (node: JsonNode, at: string | null, membership: Membership, inList: boolean): void => {
    if (node.type === 'object') {
      for (const [name, member] of node.members) {
        visit(member, at === null ? name : `${at}.${name}`, membership, inList)
      }
    } else if (node.type === 'list') {
      const list = lists
      lists += 1
      for (const [element, item] of node.items.entries()) {
        const isContainer = item.type === 'object' || item.type === 'list'
        visit(item, at, isContainer ? new Map(membership).set(list, element) : membership, true)
      }
      if (!inList && values.length > 0) closed = true
    } else if (at === path && !closed) {
      values.push({ value: new Value(node.type, node.text), membership })
      if (!inList) closed = true
    }
  }
  visit(event, null, new Map(), false)
  return { values, blocked: false }
}

function findPlain(steps: readonly string[], event: JsonNode): FoundField {
  // A step never holds a dot, so a member whose name has one is out of reach here.
  let node: JsonNode | undefined = event
  for (const step of steps) {
    if (node?.type !== 'object') return { values: [], blocked: false }
    node = node.members.find(([name]) => name === step)?.[1]
  }
  if (node === undefined) return { values: [], blocked: false }
  const items = node.type === 'list' ? node.items : [node]
  const values = items.flatMap(item =>
    item.type === 'object' || item.type === 'list'
      ? []
      : [{ value: new Value(item.type, item.text), membership: new Map<number, number>() }],
  )
  const blocked = values.length === 0 || values.length < items.length
  return { values: blocked ? [] : values, blocked }
}
