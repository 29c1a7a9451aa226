import type { PathSegment } from './path-syntax.ts'

/** A JSON value as the slow way holds it: a number or literal is its text, an object keeps the last of equal names. */
type ReferenceValue =
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly ReferenceValue[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, ReferenceValue> }

/**
 * The slow way to section 6, for the property tests: parse everything, walk. It does not use `JSON.parse` for objects,
 * because that of Node 24.21 at times loses or mixes up members whose names contain escapes.
 */
export function referenceRead(event: string, segments: readonly PathSegment[]): string | undefined {
  let value: ReferenceValue | undefined = referenceParse(event)
  for (const segment of segments) {
    if (typeof segment === 'number') value = value?.kind === 'array' ? value.items.at(segment) : undefined
    else value = value?.kind === 'object' ? value.members.get(segment) : undefined
  }
  if (value === undefined) return undefined
  return value.kind === 'array' || value.kind === 'object' ? canonical(value) : value.text.toWellFormed()
}

/** A JSON text written in the one way in which {@link referenceRead} writes objects and arrays. */
export function canonicalText(text: string): string {
  return canonical(referenceParse(text))
}

function canonical(value: ReferenceValue): string {
  if (value.kind === 'scalar') return value.text
  if (value.kind === 'string') return JSON.stringify(value.text)
  if (value.kind === 'array') return `[${value.items.map(canonical).join(',')}]`
  const members = [...value.members].map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`)
  return `{${members.join(',')}}`
}

function referenceParse(text: string): ReferenceValue {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gs) ?? []
  let at = 0
  const parse = (): ReferenceValue => {
    const token = tokens[at++] ?? ''
    if (token === '[') {
      const items: ReferenceValue[] = []
      while (tokens[at] !== ']') {
        items.push(parse())
        if (tokens[at] === ',') at++
      }
      at++
      return { kind: 'array', items }
    }
    if (token === '{') {
      const members = new Map<string, ReferenceValue>()
      while (tokens[at] !== '}') {
        const name = String(JSON.parse(tokens[at] ?? ''))
        at += 2
        members.set(name, parse())
        if (tokens[at] === ',') at++
      }
      at++
      return { kind: 'object', members }
    }
    return token.startsWith('"')
      ? { kind: 'string', text: String(JSON.parse(token)) }
      : { kind: 'scalar', text: token }
  }
  return parse()
}

/** `${name}` replaced by split and join, one variable after the other; values must not contain `${`. */
export function referenceTemplate(template: string, values: ReadonlyMap<string, string>): string {
  let text = template
  for (const [name, value] of values) text = text.split(`\${${name}}`).join(value)
  return text
}
