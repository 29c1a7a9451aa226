import { isDeepStrictEqual } from 'node:util'
import type { Schema } from '../../index.ts'

/** What a person would have to write: a value without the members that the server would fill in just so. */
export function withoutDefaults(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map(item => withoutDefaults(item, schema?.items))
  if (typeof value !== 'object' || value === null) return value
  const described = schemaOf(value as Record<string, unknown>, schema)
  const members = Object.entries(value)
    .filter(([name, member]) => !isDefault(member, described?.properties?.[name]))
    .map(([name, member]) => [name, withoutDefaults(member, described?.properties?.[name])] as const)
  return Object.fromEntries(members)
}

function isDefault(value: unknown, schema: Schema | undefined): boolean {
  return schema !== undefined && 'default' in schema && isDeepStrictEqual(schema.default, value)
}

/** Of several forms, the one that the object has: all that it demands is there, and nothing that it does not know. */
function schemaOf(value: Record<string, unknown>, schema: Schema | undefined): Schema | undefined {
  if (schema?.anyOf === undefined) return schema
  return schema.anyOf.find(
    ({ properties, required = [] }) =>
      properties !== undefined &&
      required.every(name => Object.hasOwn(value, name) && fits(value[name], properties[name])) &&
      Object.keys(value).every(name => Object.hasOwn(properties, name)),
  )
}

/** Forms are told apart by words: `kind: timer`. */
function fits(value: unknown, schema: Schema | undefined): boolean {
  const words =
    schema?.['enum'] ?? (schema !== undefined && 'const' in schema ? [schema['const']] : undefined)
  return !Array.isArray(words) || words.includes(value)
}
