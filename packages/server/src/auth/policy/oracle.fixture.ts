/**
 * The policy language a second time, in the slowest way that can be read at a glance: from the documents themselves, by regular
 * expressions and without compiling anything. What the compiled policies decide is held against it.
 */
export interface NaiveStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

export interface NaivePolicy {
  readonly Version: '1'
  readonly Statement: readonly NaiveStatement[]
}

export interface NaiveRequest {
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, readonly string[]>>
}

export interface NaiveSets {
  readonly session?: readonly NaivePolicy[]
  readonly identity: readonly NaivePolicy[]
}

export type NaiveOutcome = 'allow' | 'explicit-deny' | 'implicit-deny'

export function naiveDecision({ session, identity }: NaiveSets, request: NaiveRequest): NaiveOutcome {
  const bound = session === undefined ? 'allow' : ofSet(session, request)
  return bound === 'allow' ? ofSet(identity, request) : bound
}

function ofSet(policies: readonly NaivePolicy[], request: NaiveRequest): NaiveOutcome {
  const effects = policies
    .flatMap(({ Statement }) => Statement)
    .filter(statement => naiveApplies(statement, request))
    .map(({ Effect }) => Effect)
  if (effects.includes('Deny')) return 'explicit-deny'
  return effects.includes('Allow') ? 'allow' : 'implicit-deny'
}

function naiveApplies(statement: NaiveStatement, { action, resource, context }: NaiveRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const isAction = (Action ?? NotAction ?? []).some(pattern =>
    glob(pattern.toLowerCase(), action.toLowerCase()),
  )
  const isResource = (Resource ?? NotResource ?? []).some(pattern => names(pattern, resource))
  return (
    isAction === (Action !== undefined) &&
    isResource === (Resource !== undefined) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => naiveHolds(operator, values, naiveValues(context, key))),
    )
  )
}

/** Keys have no case, but the name of a tag has. */
function naiveValues(context: NaiveRequest['context'], key: string): readonly string[] | undefined {
  const canonical = (text: string): string => text.replace(/^[^/]*/, name => name.toLowerCase())
  return Object.entries(context).find(([other]) => canonical(other) === canonical(key))?.[1]
}

function glob(pattern: string, text: string): boolean {
  const source = Array.from(pattern)
    .map(one => (one === '*' ? '[^]*' : one === '?' ? '[^]' : one.replace(/[\\^$.|+()[\]{}]/, '\\$&')))
    .join('')
  return new RegExp(`^${source}$`).test(text)
}

function names(pattern: string, resource: string): boolean {
  if (pattern === '*' || pattern === 'acs:*') return true
  const split = /^([^:]*):([^:]*):([^:]*):([^:]*):([^]*)$/
  const wanted = split.exec(pattern)
  if (wanted === null) return glob(pattern, resource)
  const given = split.exec(resource)
  return given !== null && wanted.slice(1).every((part, index) => glob(part, given[index + 1] ?? ''))
}

/** The operators that the walks use, each spelt out. */
export function naiveHolds(
  operator: string,
  values: readonly string[],
  seen: readonly string[] | undefined,
): boolean {
  const [first] = seen ?? []
  if (operator === 'Null') return values.includes(String(first === undefined))
  if (operator.endsWith('IfExists')) {
    return first === undefined || naiveHolds(operator.slice(0, -'IfExists'.length), values, seen)
  }
  const isNegated = operator.includes('Not')
  if (first === undefined) return isNegated
  switch (operator) {
    case 'StringEquals':
    case 'StringNotEquals':
      return isNegated !== values.includes(first)
    case 'StringEqualsIgnoreCase':
      return values.some(value => value.toLowerCase() === first.toLowerCase())
    case 'StringLike':
    case 'StringNotLike':
      return isNegated !== values.some(value => glob(value, first))
    case 'NumericLessThan':
      return values.some(value => Number(first) < Number(value))
    case 'NumericNotEquals':
      return !values.some(value => Number(first) === Number(value))
    case 'DateGreaterThanEquals':
      return values.some(value => new Date(first) >= new Date(value))
    case 'Bool':
      return values.some(value => value.toLowerCase() === first.toLowerCase())
    case 'IpAddress':
    case 'NotIpAddress':
      return isNegated !== values.some(value => isInside(first, value))
    default:
      throw new Error(`the oracle does not know ${operator}`)
  }
}

/** Of IPv4, bit by bit. */
function isInside(address: string, network: string): boolean {
  const [base = '', length = '32'] = network.split('/')
  return bitsOf(address).slice(0, Number(length)) === bitsOf(base).slice(0, Number(length))
}

function bitsOf(address: string): string {
  return address
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('')
}
