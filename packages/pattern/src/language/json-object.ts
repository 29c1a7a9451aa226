import type { JsonNode, JsonRefusal } from './json-text.ts'
import { PatternError } from '../pattern-error.ts'

/**
 * The same form as {@link parseJsonText} gives, from a JavaScript value. What JSON cannot hold (functions, symbols,
 * `NaN`) is refused inside a pattern and left out of an event as `JSON.stringify` leaves it out: `undefined`, functions and
 * symbols as members vanish, as list elements and `NaN` become null. A `bigint` is a number with all its digits.
 */
export function readJsonObject(value: unknown, refusal: JsonRefusal, depth = 0): JsonNode {
  if (depth > refusal.depthMax) {
    throw new PatternError(refusal.tooDeep, '', `nested deeper than ${refusal.depthMax} levels`)
  }
  if (value === null) return { type: 'null', text: 'null' }
  if (typeof value === 'string') return { type: 'string', text: value }
  if (typeof value === 'boolean') return { type: 'boolean', text: value ? 'true' : 'false' }
  if (typeof value === 'bigint') return { type: 'number', text: value.toString() }
  if (typeof value === 'number' && Number.isFinite(value)) return { type: 'number', text: String(value) }
  if (typeof value === 'object') return readContainer(value, refusal, depth)
  if (refusal.malformed === 'pattern.event-not-json') return { type: 'null', text: 'null' }
  throw new PatternError(refusal.malformed, '', `a value of type ${typeof value} is no JSON`)
}

function readContainer(value: object, refusal: JsonRefusal, depth: number): JsonNode {
  if (Array.isArray(value)) {
    return { type: 'list', items: value.map(item => readJsonObject(item, refusal, depth + 1)) }
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return readJsonObject((value.toJSON as () => unknown)(), refusal, depth + 1)
  }
  const members: Array<readonly [string, JsonNode]> = []
  for (const [name, member] of Object.entries(value)) {
    if (refusal.malformed === 'pattern.event-not-json' && isLeftOut(member)) continue
    members.push([name, readJsonObject(member, refusal, depth + 1)])
  }
  return { type: 'object', members }
}

function isLeftOut(member: unknown): boolean {
  return member === undefined || typeof member === 'function' || typeof member === 'symbol'
}
