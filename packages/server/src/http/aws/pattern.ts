import { isDeepStrictEqual } from 'node:util'
import { matches, parsePattern } from '@millrace/pattern'
import { AppError } from '@millrace/spi'
import type { RuleSpec } from '../../resources/index.ts'
import { parseJson } from '../json-body.ts'
import { isObject } from './operation.ts'
import { Refusal } from './refusal.ts'
import { resourcesPattern } from './resources-pattern.ts'
import { innerSourcePattern } from './source-text.ts'

type Pattern = Record<string, unknown>

/** What events show that do not say themselves where they are from. */
export interface PatternPlace {
  readonly owner: string
  readonly region: string
}

/** Longest pattern, in characters. */
export const patternLengthMax = 4_096

/** The pattern of a text, checked. Throws `InvalidEventPatternException`, or the pattern library's error. */
export function readPattern(text: string): Pattern {
  const parsed = parseJson(Buffer.from(text))
  if (parsed instanceof AppError || !isObject(parsed.value)) throw notValid('it is not a JSON object')
  parsePattern(parsed.value, { dialect: 'standard' })
  return parsed.value
}

/**
 * The same question to a stored CloudEvent: names of members become those of attributes, what is the same for every event
 * is answered now, and `resources`, `account` and `region` are asked of events that came by another road, too.
 */
export function innerPattern(pattern: Pattern, place: PatternPlace): Pattern {
  const parts = Object.entries(pattern).map(([name, wanted]) => innerPart(name, wanted, place))
  return parts.reduce(both, {})
}

/** The pattern as it was written, or, when it came by another interface, in the names of this one. */
export function outerPatternText(
  spec: Pick<RuleSpec, 'pattern'>,
  kept: Readonly<Record<string, unknown>>,
  place: PatternPlace,
): string | undefined {
  const { EventPattern: text } = kept
  if (typeof text === 'string') {
    try {
      if (isDeepStrictEqual(innerPattern(readPattern(text), place), spec.pattern)) return text
    } catch {
      // What was kept is not what is in force: it is told from the rule.
    }
  }
  if (Object.keys(spec.pattern).length === 0) return undefined
  return JSON.stringify(outerPattern(spec.pattern))
}

function innerPart(name: string, wanted: unknown, place: PatternPlace): Pattern {
  const [first = '', ...rest] = name.split('.')
  const named = (inner: string): Pattern => ({ [[inner, ...rest].join('.')]: wanted })
  switch (first) {
    case '$or':
      return Array.isArray(wanted) ? { $or: wanted.map(branch => orAll(branch, place)) } : named(first)
    case 'detail':
      return named('data')
    case 'detail-type':
      return named('type')
    case 'source':
      return rest.length === 0 ? { source: innerSourcePattern(wanted) } : named(first)
    case 'id':
    case 'time':
      return named(first)
    case 'version':
      return always(matches({ version: wanted }, { version: '0' }))
    case 'account':
      return orUnstated('awsaccount', wanted, place.owner)
    case 'region':
      return orUnstated('awsregion', wanted, place.region)
    case 'resources':
      return resourcesPattern(wanted)
    case 'replay-name':
      return named('millracereplay')
    default:
      // An event of this shape has no such member, and no attribute has a hyphen in its name.
      return named(`no-${first}`)
  }
}

/** A branch of `$or` cannot be empty. */
function orAll(branch: unknown, place: PatternPlace): Pattern {
  const inner = isObject(branch) ? innerPattern(branch, place) : {}
  return Object.keys(inner).length === 0 ? { specversion: ['1.0'] } : inner
}

/** All events, or none. */
function always(isTrue: boolean): Pattern {
  return isTrue ? {} : { specversion: ['0'] }
}

/** An attribute that events of another road do not have, and what they show in its place. */
function orUnstated(attribute: string, wanted: unknown, unstated: string): Pattern {
  const stated = { [attribute]: wanted }
  if (!matches({ value: wanted }, { value: unstated })) return stated
  return { $or: [stated, { [attribute]: [{ exists: false }] }] }
}

/**
 * One pattern that wants what both want. Only one list of alternatives fits into an object: two are multiplied out. A member
 * that both have is asked for a second time by an alternative that has no alternative.
 */
function both(left: Pattern, right: Pattern): Pattern {
  const { $or: first, ...plain } = left
  const { $or: second, ...added } = right
  const names = Object.keys(added)
  const shared = Object.fromEntries(names.filter(name => name in plain).map(name => [name, added[name]]))
  const lists = [first, second, Object.keys(shared).length === 0 ? undefined : [shared, shared]]
  const [one, ...others] = lists.filter((list): list is Pattern[] => Array.isArray(list))
  const $or = others.reduce(
    (product: Pattern[] | undefined, list) => product?.flatMap(item => list.map(other => both(item, other))),
    one,
  )
  return { ...added, ...plain, ...($or === undefined ? {} : { $or }) }
}

const outerNames: Readonly<Record<string, string>> = {
  data: 'detail',
  type: 'detail-type',
  subject: 'resources',
  awsaccount: 'account',
  awsregion: 'region',
}

function outerPattern(pattern: Pattern): Pattern {
  return Object.fromEntries(
    Object.entries(pattern).map(([name, wanted]) =>
      name === '$or' && Array.isArray(wanted)
        ? [name, wanted.map(branch => (isObject(branch) ? outerPattern(branch) : branch))]
        : [outerNames[name] ?? name, wanted],
    ),
  )
}

function notValid(reason: string): Refusal {
  return new Refusal('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`)
}
