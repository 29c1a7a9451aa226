import { nearestName } from '@millrace/spi'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** The first place at which a value does not fit its schema, and why. */
export interface Misfit {
  readonly path: readonly string[]
  readonly reason: string
  /** The name of a property that does not exist, and those that do. */
  readonly unknown?: string
  readonly known: readonly string[]
}

/** The members of JSON Schema that our schemas use. */
interface SchemaView {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly TSchema[]
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
  readonly additionalProperties?: unknown
  readonly required?: readonly string[]
  readonly items?: TSchema
}

/**
 * Walks schema and value together. Called only for values that were found not to fit, so it may take its time.
 * In a union it follows the variant that the writer most likely meant, instead of listing what all of them lack.
 */
export function firstMisfit(schema: TSchema, value: unknown): Misfit {
  return misfitAt(schema, value, []) ?? { path: [], reason: 'does not fit', known: [] }
}

function misfitAt(schema: TSchema, value: unknown, path: readonly string[]): Misfit | undefined {
  const isFit: boolean = Value.Check(schema, value)
  if (isFit) return undefined
  const view = schema as SchemaView
  if (view.anyOf !== undefined) return unionMisfit(view.anyOf, value, path)
  if (view.type === 'object' && isObject(value)) return objectMisfit(view, value, path)
  if (view.type === 'array' && Array.isArray(value) && view.items !== undefined) {
    for (const [index, item] of value.entries()) {
      const misfit = misfitAt(view.items, item, [...path, String(index)])
      if (misfit !== undefined) return misfit
    }
  }
  return leafMisfit(schema, value, path)
}

function objectMisfit(view: SchemaView, value: object, path: readonly string[]): Misfit | undefined {
  const properties = view.properties ?? {}
  const patterns = Object.entries(view.patternProperties ?? {})
  const known = Object.keys(properties)
  for (const [name, item] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, name)
      ? properties[name]
      : patterns.find(([pattern]) => new RegExp(pattern).test(name))?.[1]
    if (schema === undefined && (view.additionalProperties === false || patterns.length > 0)) {
      const list = known.length === 0 ? '' : `, known: ${known.join(', ')}`
      return { path: [...path, name], reason: `does not exist${list}`, unknown: name, known }
    }
    const misfit = schema === undefined ? undefined : misfitAt(schema, item, [...path, name])
    if (misfit !== undefined) return misfit
  }
  const missing = (view.required ?? []).find(name => !Object.hasOwn(value, name))
  return missing === undefined ? undefined : { path: [...path, missing], reason: 'is missing', known }
}

function unionMisfit(
  variants: readonly TSchema[],
  value: unknown,
  path: readonly string[],
): Misfit | undefined {
  const constants = variants.map(variant => (variant as SchemaView).const)
  if (constants.every(constant => constant !== undefined)) {
    return { path, reason: `must be one of ${constants.map(String).join(', ')}`, known: [] }
  }
  if (!isObject(value)) {
    const choices = variants.map(variant => describe(variant as SchemaView))
    return { path, reason: `must be ${choices.join(' or ')}`, known: [] }
  }
  const objects = variants.filter(variant => (variant as SchemaView).type === 'object')
  const words = discriminator(objects)
  if (words !== undefined && !words.values.includes((value as Record<string, unknown>)[words.name])) {
    return { path: [...path, words.name], reason: `must be one of ${words.values.join(', ')}`, known: [] }
  }
  const [best] = objects.toSorted((left, right) => likeness(right, value) - likeness(left, value))
  return best === undefined ? undefined : misfitAt(best, value, path)
}

/** The property by which all variants of a union are told apart, with its values; `undefined` when there is none. */
function discriminator(
  variants: readonly TSchema[],
): { name: string; values: readonly unknown[] } | undefined {
  const [first, ...others] = variants.map(variant => (variant as SchemaView).properties ?? {})
  for (const name of Object.keys(first ?? {})) {
    const values = [first, ...others].map(properties => constantOf(properties?.[name]))
    if (values.every(value => value !== undefined)) return { name, values }
  }
  return undefined
}

/** How much an object looks like a variant: a fitting constant counts most, then known names, then nearly known ones. */
function likeness(variant: TSchema, value: object): number {
  const properties = (variant as SchemaView).properties ?? {}
  const known = Object.keys(properties)
  let score = 0
  for (const [name, item] of Object.entries(value)) {
    const constant = constantOf(properties[name])
    if (constant !== undefined) score += constant === item ? 100 : -100
    else if (Object.hasOwn(properties, name)) score += 10
    else if (nearestName(name, known) !== undefined) score += 5
  }
  return score
}

function constantOf(schema: TSchema | undefined): unknown {
  return schema === undefined ? undefined : (schema as SchemaView).const
}

function leafMisfit(schema: TSchema, value: unknown, path: readonly string[]): Misfit {
  const [first] = Value.Errors(schema, value)
  return { path, reason: first?.message ?? 'does not fit', known: [] }
}

function describe(view: SchemaView): string {
  return view.const === undefined ? `an ${view.type ?? 'value'}` : JSON.stringify(view.const)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
