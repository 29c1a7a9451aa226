import type { PatternOptions } from './dialect.ts'
import {
  type Alternative,
  conditionKey,
  type FieldTest,
  type JsonNode,
  type JsonObject,
  type ParsedPattern,
  parseJsonText,
  readJsonObject,
  refusePattern,
} from './language/index.ts'
import { patternLimits } from './limits.ts'
import { parseCondition, Place } from './operators/index.ts'
import { addOr, type Draft } from './parse-or.ts'
import { PatternError } from './pattern-error.ts'

/** A pattern as people write it: an object, or its JSON text. */
export type PatternInput = string | object

/**
 * Reads and checks a pattern; the result says in one language what either dialect meant.
 *
 * A member repeated in a JSON text counts as the last of its name, except that repeated objects are merged. Throws
 * {@link PatternError} with the first fault found, its place and the reason; nothing invalid is repaired or ignored.
 */
export function parsePattern(pattern: PatternInput, options: PatternOptions = {}): ParsedPattern {
  const dialect = options.dialect ?? 'standard'
  const root = readPattern(pattern)
  if (root.type !== 'object')
    throw new PatternError('pattern.not-an-object', '', 'a pattern is a JSON object')
  const reach = dialect === 'aliyun' ? 'plain' : 'leaves'
  if (dialect === 'aliyun' && root.members.length === 0) return { reach, alternatives: [{ fields: [] }] }
  const draft: Draft = { alternatives: [new Map()] }
  addObject(root, [], new Place(dialect, ''), draft)
  return { reach, alternatives: draft.alternatives.map(toAlternative) }
}

/** Adds the fields of one object of the pattern to every alternative that exists so far. */
function addObject(node: JsonObject, steps: readonly string[], place: Place, draft: Draft): void {
  if (node.members.length === 0)
    place.fail('pattern.empty-object', 'an object of a pattern names at least one field')
  for (const [name, member] of node.members) {
    const inner = place.member(name)
    if (name === '$or' && place.dialect === 'standard') {
      addOr(member, inner, draft, (branch, at, into) => addObject(branch, steps, at, into))
    } else if (member.type === 'object') {
      if (place.dialect === 'aliyun') checkNesting(name, steps, inner)
      addObject(member, [...steps, name], inner, draft)
    } else {
      addField(member, [...steps, name], inner, draft)
    }
  }
}

function addField(node: JsonNode, steps: readonly string[], place: Place, draft: Draft): void {
  if (node.type !== 'list') place.fail('pattern.field-not-a-list', 'a field is an object or a list of values')
  if (place.dialect === 'aliyun' && steps.length === 1 && steps[0] === 'data') {
    place.fail('pattern.field-not-a-list', '"data" is an object')
  }
  const items = node.items
  if (items.length === 0) place.fail('pattern.empty-list', 'the list of a field holds at least one value')
  if (items.length > patternLimits.valuesPerFieldMax) {
    place.fail(
      'pattern.too-many-values',
      `${items.length} values, at most ${patternLimits.valuesPerFieldMax}`,
    )
  }
  const expressions = items.filter(item => item.type === 'object').length
  if (place.dialect === 'aliyun' && expressions > patternLimits.aliyunExpressionsMax) {
    const reason = `${expressions} operator objects, at most ${patternLimits.aliyunExpressionsMax}`
    place.fail('pattern.too-many-expressions', reason)
  }
  const conditions = items.map((item, index) => parseCondition(item, place.item(index)))
  const path = steps.join('.')
  const pathSteps = path.split('.')
  if (pathSteps.length > patternLimits.depthMax) {
    place.fail('pattern.too-deep', `${pathSteps.length} steps, at most ${patternLimits.depthMax}`)
  }
  const test: FieldTest = {
    path,
    steps: pathSteps,
    conditions,
    signature: conditions.map(conditionKey).join(' '),
  }
  for (const alternative of draft.alternatives) alternative.set(path, test)
  checkFieldCount(draft, place)
}

function toAlternative(fields: ReadonlyMap<string, FieldTest>): Alternative {
  return { fields: [...fields.values()].sort((left, right) => (left.path < right.path ? -1 : 1)) }
}

function checkFieldCount(draft: Draft, place: Place): void {
  let count = 0
  for (const alternative of draft.alternatives) count += alternative.size
  if (count > patternLimits.fieldsMax) {
    place.fail('pattern.too-large', `${count} fields in all alternatives, at most ${patternLimits.fieldsMax}`)
  }
}

/** The CloudEvents attributes are scalars; a pattern that looks inside one could never match. */
const scalarAttributes = [
  'id',
  'source',
  'specversion',
  'type',
  'datacontenttype',
  'dataschema',
  'subject',
  'time',
]

function checkNesting(name: string, steps: readonly string[], place: Place): void {
  if (steps.length === 0 && scalarAttributes.includes(name)) {
    place.fail('pattern.field-not-a-list', `the attribute "${name}" has a list of values`)
  }
}

function readPattern(pattern: PatternInput): JsonNode {
  if (typeof pattern === 'string') {
    if (pattern.length > patternLimits.patternSizeMax) refuseSize(pattern.length)
    return parseJsonText(pattern, refusePattern)
  }
  const node = readJsonObject(pattern, refusePattern)
  const size = sizeOf(node)
  if (size > patternLimits.patternSizeMax) refuseSize(size)
  return node
}

function refuseSize(size: number): never {
  throw new PatternError(
    'pattern.too-large',
    '',
    `${size} characters, at most ${patternLimits.patternSizeMax}`,
  )
}

function sizeOf(node: JsonNode): number {
  if (node.type === 'list') return node.items.reduce((size, item) => size + sizeOf(item) + 1, 2)
  if (node.type !== 'object') return node.text.length
  return node.members.reduce((size, [name, member]) => size + name.length + sizeOf(member) + 2, 2)
}
