/** The part of a JSON schema that options of connectors use. */
export interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly default?: unknown
  readonly secret?: boolean
  readonly minimum?: number
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

/** Where in options a secret goes: names of members, numbers of variants, and `*` for one of many. */
export type SecretPath = readonly (string | number)[]

/** Every place for a secret that a schema has. */
export function secretPaths(schema: Schema): SecretPath[] {
  if (schema.secret === true) return [[]]
  const below = (step: string | number, part: Schema | undefined): SecretPath[] =>
    part === undefined ? [] : secretPaths(part).map(path => [step, ...path])
  return [
    ...(schema.anyOf ?? []).flatMap((variant, index) => below(index, variant)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) => below(name, member)),
    ...below('*', schema.items),
    ...below('*', memberSchema(schema)),
  ]
}

/** Options with everything that is required, and with a secret, or something that should be none, at one place. */
export function optionsWith(schema: Schema, path: SecretPath | undefined, secret: unknown): unknown {
  const [step, ...rest] = path ?? []
  if (schema.secret === true && path !== undefined) return secret
  if (schema.const !== undefined) return schema.const
  if (schema.anyOf !== undefined) {
    const index = typeof step === 'number' ? step : 0
    return optionsWith(schema.anyOf[index] ?? {}, typeof step === 'number' ? rest : undefined, secret)
  }
  if (schema.type === 'array')
    return [optionsWith(schema.items ?? {}, step === '*' ? rest : undefined, secret)]
  if (schema.type !== 'object') return plainValue(schema)
  if (step === '*') return { 'x-kept': optionsWith(memberSchema(schema) ?? {}, rest, secret) }
  const wanted = new Set([...(schema.required ?? []), ...(typeof step === 'string' ? [step] : [])])
  return Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .filter(([name, member]) => wanted.has(name) && (name === step || member.default === undefined))
      .map(([name, member]) => [name, optionsWith(member, name === step ? rest : undefined, secret)]),
  )
}

function memberSchema({ additionalProperties, patternProperties = {} }: Schema): Schema | undefined {
  if (typeof additionalProperties === 'object') return additionalProperties
  return Object.values(patternProperties)[0]
}

function plainValue({ type, minimum }: Schema): unknown {
  if (type === 'integer' || type === 'number') return minimum ?? 1
  return type === 'boolean' ? false : 'plain'
}
