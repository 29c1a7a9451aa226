import type { TObject } from 'typebox'

/**
 * A copy of options in which every text that the schema marks `secret` is replaced. Where the schema has alternatives,
 * a member is secret if any of them says so: better one too many than one too few.
 */
export function mapSecrets(schema: TObject, options: unknown, replace: (secret: string) => string): unknown {
  return mapValue([schema], options, replace)
}

/** JSON Schema as far as it matters here. */
interface SchemaNode {
  readonly secret?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly anyOf?: readonly SchemaNode[]
  readonly items?: SchemaNode
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>
}

function mapValue(
  nodes: readonly SchemaNode[],
  value: unknown,
  replace: (secret: string) => string,
): unknown {
  const all = nodes.flatMap(alternatives)
  if (typeof value === 'string') return all.some(node => node.secret === true) ? replace(value) : value
  if (Array.isArray(value)) {
    const items = all.flatMap(node => node.items ?? [])
    return value.map(item => mapValue(items, item, replace))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => {
    const members = all.flatMap(node => [
      ...(node.properties?.[name] === undefined ? [] : [node.properties[name]]),
      ...Object.values(node.patternProperties ?? {}),
    ])
    return [name, mapValue(members, member, replace)] as const
  })
  return Object.fromEntries(entries)
}

function alternatives(node: SchemaNode): SchemaNode[] {
  return [node, ...(node.anyOf ?? []).flatMap(alternatives)]
}
