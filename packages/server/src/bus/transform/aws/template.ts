import { invalidTransform } from '../errors.ts'

/** The place of a variable; inside of quotes its value is put in as text. */
export interface AwsHole {
  readonly name: string
  readonly isQuoted: boolean
}

/** Variables that need no path. */
const reservedNames: ReadonlySet<string> = new Set([
  'aws.events.rule-arn',
  'aws.events.rule-name',
  'aws.events.event.ingestion-time',
  'aws.events.event',
  'aws.events.event.json',
])
/** They are JSON, and quotes would break them. */
const neverQuoted: ReadonlySet<string> = new Set(['aws.events.event', 'aws.events.event.json'])

/**
 * Splits an input template into texts and `<variables>`. Throws `transform.invalid` for a variable that has no path;
 * what does not look like a variable, such as `< 5`, is text.
 */
export function parseAwsTemplate(
  template: string,
  variables: ReadonlySet<string>,
): readonly (string | AwsHole)[] {
  for (const name of variables) {
    if (/^aws\./i.test(name))
      throw invalidTransform(`variables.${name}`, 'names that begin with AWS. are reserved')
  }
  const parts: (string | AwsHole)[] = []
  let text = ''
  let isQuoted = false
  for (let at = 0; at < template.length; at++) {
    const character = template.charAt(at)
    const name = character === '<' ? /^<([\w.-]{1,256})>/.exec(template.slice(at, at + 258))?.[1] : undefined
    if (name !== undefined) {
      checkVariable(name, isQuoted, variables, at)
      parts.push(text, { name, isQuoted })
      text = ''
      at += name.length + 1
      continue
    }
    text += character
    if (character === '\\' && isQuoted) text += template.charAt(++at)
    else if (character === '"') isQuoted = !isQuoted
  }
  parts.push(text)
  return parts
}

function checkVariable(name: string, isQuoted: boolean, variables: ReadonlySet<string>, at: number): void {
  if (!variables.has(name) && !reservedNames.has(name)) {
    throw invalidTransform('template', `<${name}> has no path among the variables`, at)
  }
  if (isQuoted && neverQuoted.has(name)) {
    throw invalidTransform('template', `<${name}> is JSON and cannot stand inside of quotes`, at)
  }
}

/** Refuses a template that begins like an object and could never become JSON. */
export function checkAwsTemplate(template: string, parts: readonly (string | AwsHole)[]): void {
  if (!template.trimStart().startsWith('{')) return
  const sample = parts.map(part => (typeof part === 'string' ? part : part.isQuoted ? '' : '0')).join('')
  try {
    JSON.parse(sample)
  } catch {
    throw invalidTransform('template', 'a template that begins with { must become JSON, whatever is put in')
  }
}
