import type { OptionSchema } from '@millrace/sdk'
import { nearestName } from './nearest-name.ts'
import { type OptionFlag, optionFlags } from './flags.ts'

/** Where values come from that shall not stand on a command line. */
export interface OptionSource {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => Promise<string>
}

export interface ParsedFlags {
  readonly options: Record<string, unknown>
  /** What is no flag. */
  readonly operands: readonly string[]
}

/**
 * Reads the flags that a schema has: `--name value`, `--name=value`, for yes and no `--name` and `--no-name`. Of every text,
 * `--name-file` reads the value from a file, without the end of its last line, and `--name-env` from a variable of the
 * environment. Throws a sentence about what is not known or does not fit; never with a value.
 */
export async function parseFlags(
  schema: OptionSchema,
  args: readonly string[],
  source: OptionSource,
): Promise<ParsedFlags> {
  const flags = optionFlags(schema)
  const options: Record<string, unknown> = {}
  const operands: string[] = []
  const left = [...args]
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (!arg.startsWith('--')) {
      operands.push(arg)
      continue
    }
    const [name, given] = split(arg.slice(2))
    const { flag, from } = find(name, flags)
    if (flag.kind === 'boolean') {
      set(options, flag, from === 'no' ? false : flagValue(flag, given ?? 'true'))
      continue
    }
    const text = given ?? left.shift()
    if (text === undefined) throw new Error(`--${name} wants a value`)
    set(options, flag, flagValue(flag, await resolved(name, text, from, source)))
  }
  return { options, operands }
}

/** Reads assignments `name=value`, with dots before the names of inner options. Throws like `parseFlags`. */
export function parseAssignments(
  schema: OptionSchema,
  assignments: readonly string[],
): Record<string, unknown> {
  const flags = optionFlags(schema)
  const options: Record<string, unknown> = {}
  for (const assignment of assignments) {
    const [name, text] = split(assignment)
    const flag = flags.find(({ path }) => path.join('.') === name)
    if (flag === undefined)
      throw unknown(
        'option',
        name,
        flags.map(({ path }) => path.join('.')),
      )
    if (text === undefined) throw new Error(`${name} wants a value: ${name}=…`)
    set(options, flag, flagValue(flag, text))
  }
  return options
}

type From = 'here' | 'no' | 'file' | 'env'

function find(name: string, flags: readonly OptionFlag[]): { flag: OptionFlag; from: From } {
  const named = (flagName: string): OptionFlag | undefined => flags.find(({ flag }) => flag === flagName)
  const own = named(name)
  if (own !== undefined) return { flag: own, from: 'here' }
  const negated = name.startsWith('no-') ? named(name.slice(3)) : undefined
  if (negated?.kind === 'boolean') return { flag: negated, from: 'no' }
  for (const from of ['file', 'env'] as const) {
    const told = name.endsWith(`-${from}`) ? named(name.slice(0, -from.length - 1)) : undefined
    if (told?.kind === 'text') return { flag: told, from }
  }
  throw unknown(
    'flag',
    `--${name}`,
    flags.map(({ flag }) => `--${flag}`),
  )
}

async function resolved(name: string, text: string, from: From, source: OptionSource): Promise<string> {
  if (from === 'file') {
    try {
      return (await source.readFile(text)).replace(/\r?\n$/, '')
    } catch (cause) {
      throw new Error(`--${name}: ${text} cannot be read`, { cause })
    }
  }
  if (from !== 'env') return text
  const value = source.environment[text]
  if (value === undefined) throw new Error(`--${name}: the variable ${text} is not set`)
  return value
}

function flagValue({ flag, kind, choices }: OptionFlag, text: string): unknown {
  switch (kind) {
    case 'text':
      if (choices.length > 0 && !choices.includes(text))
        throw new Error(`${flag} is one of ${choices.join(', ')}`)
      return text
    case 'number':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw new Error(`${flag} must be a number`)
      return Number(text)
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new Error(`${flag} is true or false`)
      return text === 'true'
    case 'list':
      return text.split(',').map(item => item.trim())
    case 'pairs': {
      const [name, value] = split(text)
      if (value === undefined) throw new Error(`${flag} wants NAME=TEXT`)
      return { [name]: value }
    }
    case 'json':
      return json(text)
  }
}

/** A text that is no JSON stands for itself: several forms of an option may have one that is a text. */
function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Puts a value at the place of its option; lists and pairs that are said again grow. */
function set(options: Record<string, unknown>, { path, kind }: OptionFlag, value: unknown): void {
  let place = options
  for (const name of path.slice(0, -1)) {
    place[name] ??= {}
    place = place[name] as Record<string, unknown>
  }
  const last = path.at(-1) ?? ''
  const before = place[last]
  if (kind === 'list' && Array.isArray(before))
    place[last] = [...(before as unknown[]), ...(value as unknown[])]
  else if (kind === 'pairs' && before !== undefined) place[last] = { ...before, ...(value as object) }
  else place[last] = value
}

/** At the first `=`. */
function split(text: string): [name: string, value: string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function unknown(what: string, name: string, known: readonly string[]): Error {
  const nearest = nearestName(name, known)
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`
  return new Error(`there is no ${what} ${name}; ${hint}`)
}
