import { isObject } from './operation.ts'

/** Characters that no URI reference has, the blank first of all. */
const neverInUri = /[ "<>\\^`{|}]/g
const neverInUriButBackslash = /[ "<>^`{|}]/g

/** A source as a CloudEvent can have it: what no URI reference has is written with a percent sign. */
export function innerSource(source: string): string {
  return source.replaceAll(neverInUri, percent)
}

/**
 * The same question about the source of a stored event. Characters are replaced one by one, so that beginnings, ends and
 * wildcards of sources stay what they are.
 */
export function innerSourcePattern(wanted: unknown): unknown {
  if (typeof wanted === 'string') return innerSource(wanted)
  if (Array.isArray(wanted)) return wanted.map(innerSourcePattern)
  if (!isObject(wanted)) return wanted
  return Object.fromEntries(
    Object.entries(wanted).map(([operator, value]) => [
      operator,
      operator === 'wildcard' ? innerWildcard(value) : innerSourcePattern(value),
    ]),
  )
}

/** In a wildcard a backslash says that a star or a backslash is meant. */
function innerWildcard(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(innerWildcard)
  if (typeof value !== 'string') return value
  return value.replaceAll('\\\\', percent('\\')).replaceAll(neverInUriButBackslash, percent)
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
