import type { OptionSchema } from '@millrace/sdk'

/** What a command line may say for one option. */
export type OptionKind = 'text' | 'number' | 'boolean' | 'list' | 'pairs' | 'json'

/** An option of a connector as a flag: `tls.serverName` is `--tls-server-name`. */
export interface OptionFlag {
  /** Without the dashes in front. */
  readonly flag: string
  readonly path: readonly string[]
  readonly kind: OptionKind
  /** Never shown; better given in a file than on a command line that others may see. */
  readonly isSecret: boolean
  readonly description: string
  /** What may be said, where that is a choice. */
  readonly choices: readonly string[]
}

/** Levels of options within options that become flags. */
const depthMax = 4

/**
 * The flags of a schema, those of inner objects under the names of both. Where an option has several forms, the flags are those
 * of all of them; the server says which go together.
 */
export function optionFlags(schema: OptionSchema): OptionFlag[] {
  const flags = new Map<string, OptionFlag>()
  collect(schema, [], flags)
  return [...flags.values()]
}

function collect(schema: OptionSchema, path: readonly string[], flags: Map<string, OptionFlag>): void {
  for (const [name, option] of Object.entries(schema.properties ?? {})) {
    const inner = [...path, name]
    const forms = [option, ...(option.anyOf ?? [])]
    const objects = inner.length < depthMax ? forms.filter(form => form.properties !== undefined) : []
    for (const form of objects) collect(form, inner, flags)
    if (objects.length === 0 || forms.some(form => isPlain(form))) addFlag(inner, option, flags)
  }
  for (const form of schema.anyOf ?? []) collect(form, path, flags)
}

function addFlag(path: readonly string[], option: OptionSchema, flags: Map<string, OptionFlag>): void {
  const flag = path.map(kebab).join('-')
  const forms = [option, ...(option.anyOf ?? [])]
  const known = flags.get(flag)
  flags.set(flag, {
    flag,
    path,
    kind: known !== undefined && known.kind !== kindOf(forms) ? 'json' : kindOf(forms),
    isSecret: known?.isSecret === true || forms.some(form => form.secret === true),
    description: known?.description || (option.description ?? ''),
    choices: [...new Set([...(known?.choices ?? []), ...choicesOf(forms)])],
  })
}

function isPlain({ type, const: constant }: OptionSchema): boolean {
  return constant !== undefined || ['string', 'number', 'integer', 'boolean', 'array'].includes(type ?? '')
}

function kindOf(forms: readonly OptionSchema[]): OptionKind {
  const kinds = new Set(forms.flatMap(form => plainKind(form) ?? []))
  const [only] = kinds
  return kinds.size === 1 && only !== undefined ? only : 'json'
}

function plainKind({
  type,
  const: constant,
  items,
  patternProperties,
}: OptionSchema): OptionKind | undefined {
  if (typeof constant === 'string' || type === 'string') return 'text'
  if (type === 'integer' || type === 'number' || typeof constant === 'number') return 'number'
  if (type === 'boolean') return 'boolean'
  if (type === 'array') return items?.type === 'string' ? 'list' : 'json'
  if (type === 'object') return patternProperties === undefined ? 'json' : 'pairs'
  return undefined
}

function choicesOf(forms: readonly OptionSchema[]): string[] {
  return forms
    .flatMap(form => [...(form.const === undefined ? [] : [form.const]), ...(form.enum ?? [])])
    .map(String)
}

function kebab(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase()
}

/** Rows of a table: what may be said, and what it means. */
export function flagTable(flags: readonly OptionFlag[]): string[][] {
  return flags.map(flag => [`--${flag.flag}${wanted(flag)}`, flag.description])
}

function wanted({ kind, choices }: OptionFlag): string {
  if (kind === 'boolean') return ''
  if (choices.length > 0) return ` ${choices.join('|')}`
  return { text: ' TEXT', number: ' NUMBER', list: ' TEXT,…', pairs: ' NAME=TEXT', json: ' JSON' }[kind]
}

/**
 * The option that says which of a system's things is meant: a topic, a queue, a file, an address. It is the first that must be
 * given and does not say where the system is, or else the first at all.
 */
export function mainOption(options: OptionSchema, connection: OptionSchema | undefined): string | undefined {
  const own = Object.entries(options.properties ?? {}).filter(
    ([name]) => connection?.properties?.[name] === undefined,
  )
  const needed = own.find(
    ([name, option]) => options.required?.includes(name) === true && option.default === undefined,
  )
  return (needed ?? own.find(([, { type }]) => type === 'string' || type === 'array') ?? own[0])?.[0]
}
