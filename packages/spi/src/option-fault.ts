import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { nearestName } from './nearest-name.ts'

/** Why a value does not fit its schema. */
export interface OptionFault {
  /** Names and indices from the root, joined by dots; empty for the whole. */
  readonly path: string
  /** What is wrong there, to follow the name of the option: `must be one of POST, PUT; it is "FETCH"`. */
  readonly what: string
}

/**
 * Finds the first thing that is wrong, as close to the leaf as it can be named; undefined when the value fits. Of
 * alternatives that are told apart by a fixed member, such as `type`, the one that is meant is looked into. The
 * value is shown where it is short and the schema does not mark it `secret`.
 */
export function findOptionFault(schema: TSchema, value: unknown, path = ''): OptionFault | undefined {
  if (Value.Check(schema, value)) return undefined
  const alternatives = keyword(schema, 'anyOf')
  if (Array.isArray(alternatives)) return alternativesFault(alternatives.map(asSchema), value, path)
  if (isObject(value) && isObject(keyword(schema, 'properties'))) return objectFault(schema, value, path)
  if (isObject(value) && isObject(keyword(schema, 'patternProperties')))
    return recordFault(schema, value, path)
  const items = keyword(schema, 'items')
  if (Array.isArray(value) && isObject(items)) return arrayFault(schema, items, value, path)
  return leafFault(schema, value, path)
}

function objectFault(schema: TSchema, value: Record<string, unknown>, path: string): OptionFault {
  const properties = members(keyword(schema, 'properties'))
  const known = Object.keys(properties)
  if (keyword(schema, 'additionalProperties') === false) {
    const unknown = Object.keys(value).find(name => !known.includes(name))
    if (unknown !== undefined) return { path: below(path, unknown), what: unknownName(unknown, known) }
  }
  const required = keyword(schema, 'required')
  const missing = Array.isArray(required)
    ? required.map(String).find(name => !Object.hasOwn(value, name))
    : undefined
  if (missing !== undefined) return { path: below(path, missing), what: 'is required' }
  for (const [name, member] of Object.entries(properties)) {
    if (!Object.hasOwn(value, name)) continue
    const fault = findOptionFault(member, value[name], below(path, name))
    if (fault !== undefined) return fault
  }
  return leafFault(schema, value, path)
}

function recordFault(schema: TSchema, value: Record<string, unknown>, path: string): OptionFault {
  const [member] = Object.values(members(keyword(schema, 'patternProperties')))
  for (const [name, item] of Object.entries(value)) {
    const fault = member === undefined ? undefined : findOptionFault(member, item, below(path, name))
    if (fault !== undefined) return fault
  }
  return leafFault(schema, value, path)
}

function arrayFault(schema: TSchema, items: TSchema, value: readonly unknown[], path: string): OptionFault {
  for (const [index, item] of value.entries()) {
    const fault = findOptionFault(items, item, below(path, String(index)))
    if (fault !== undefined) return fault
  }
  return leafFault(schema, value, path)
}

function alternativesFault(schemas: readonly TSchema[], value: unknown, path: string): OptionFault {
  const constants = schemas.map(schema => keyword(schema, 'const'))
  if (constants.every(constant => constant !== undefined)) return notOneOf(constants, value, path)
  if (!isObject(value)) return { path, what: `does not fit any of its forms${seen(value)}` }
  const tag = tagOf(schemas)
  if (tag === undefined) return { path, what: 'does not fit any of its forms' }
  const tags = schemas.map(schema => constantOf(schema, tag))
  const meant = schemas.find(schema => constantOf(schema, tag) === value[tag])
  if (meant === undefined) return notOneOf(tags, value[tag], below(path, tag))
  return findOptionFault(meant, value, path) ?? { path, what: 'does not fit' }
}

function notOneOf(allowed: readonly unknown[], value: unknown, path: string): OptionFault {
  return { path, what: `must be one of ${allowed.join(', ')}${seen(value)}` }
}

/** The member whose fixed value tells the alternatives apart. */
function tagOf(schemas: readonly TSchema[]): string | undefined {
  const [first] = schemas
  const names = first === undefined ? [] : Object.keys(members(keyword(first, 'properties')))
  return names.find(name => schemas.every(schema => constantOf(schema, name) !== undefined))
}

function constantOf(schema: TSchema, name: string): unknown {
  const member = members(keyword(schema, 'properties'))[name]
  return member === undefined ? undefined : keyword(member, 'const')
}

function leafFault(schema: TSchema, value: unknown, path: string): OptionFault {
  const [first] = Value.Errors(schema, value)
  const shown = keyword(schema, 'secret') === true ? '' : seen(value)
  return { path, what: `${first?.message ?? 'does not fit'}${shown}` }
}

/** Longer texts are not shown: they may be anything. */
const seenCharactersMax = 60

function seen(value: unknown): string {
  if (value === undefined) return '; it is missing'
  if (typeof value === 'object' && value !== null)
    return `; it is an ${Array.isArray(value) ? 'array' : 'object'}`
  const text = JSON.stringify(value) ?? typeof value
  return text.length > seenCharactersMax ? '' : `; it is ${text}`
}

/** The sentence for a name that nobody knows. */
export function unknownName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known)
  return `is unknown; ${nearest === undefined ? `known: ${known.join(', ')}` : `did you mean ${nearest}?`}`
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function keyword(schema: TSchema, name: string): unknown {
  return Reflect.get(schema, name)
}

function members(value: unknown): Record<string, TSchema> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asSchema(member)]))
}

function asSchema(value: unknown): TSchema {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
