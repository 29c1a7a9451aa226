import { BlockList, isIP } from 'node:net'
import { compileGlob, fits } from './glob.ts'

/** Whether one value of the request meets any of those in the policy; `undefined` for a value that is none of the kind. */
export type Meets = (value: string) => boolean | undefined

/** An operator without its prefix and suffix. */
export interface Operator {
  readonly isNegated: boolean
  /** What a value in a policy must be, for a refusal. */
  readonly wants: string
  /** `undefined` when one of the values is none of the kind. */
  compile(values: readonly string[]): Meets | undefined
}

type Compare = (left: number, right: number) => boolean

/** The operators of conditions by name (identity section 2.3); `Null` is not one of these. */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ...pair('StringEquals', 'StringNotEquals', 'a text', compileTexts),
  ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'a text', compileFolded),
  ...pair('StringLike', 'StringNotLike', 'a text', compilePatterns),
  ...ordered('Numeric', 'a decimal number', numberOf),
  ...ordered('Date', 'a date of ISO 8601 with Z or an offset', instantOf),
  ['Bool', { isNegated: false, wants: '"true" or "false"', compile: compileBooleans }],
  ...pair('IpAddress', 'NotIpAddress', 'an IP address or a network such as 10.0.0.0/8', compileAddresses),
])

function pair(
  positive: string,
  negative: string,
  wants: string,
  compile: Operator['compile'],
): [string, Operator][] {
  return [
    [positive, { isNegated: false, wants, compile }],
    [negative, { isNegated: true, wants, compile }],
  ]
}

function ordered(
  kind: string,
  wants: string,
  read: (text: string) => number | undefined,
): [string, Operator][] {
  const operator = (compare: Compare, isNegated = false): Operator => ({
    isNegated,
    wants,
    compile(values) {
      const limits = values.map(read)
      if (!limits.every(limit => limit !== undefined)) return undefined
      return value => {
        const seen = read(value)
        return seen === undefined ? undefined : limits.some(limit => compare(seen, limit))
      }
    },
  })
  const isSame: Compare = (left, right) => left === right
  return [
    [`${kind}Equals`, operator(isSame)],
    [`${kind}NotEquals`, operator(isSame, true)],
    [`${kind}LessThan`, operator((left, right) => left < right)],
    [`${kind}LessThanEquals`, operator((left, right) => left <= right)],
    [`${kind}GreaterThan`, operator((left, right) => left > right)],
    [`${kind}GreaterThanEquals`, operator((left, right) => left >= right)],
  ]
}

function compileTexts(values: readonly string[]): Meets {
  const wanted = new Set(values)
  return value => wanted.has(value)
}

function compileFolded(values: readonly string[]): Meets {
  const wanted = new Set(values.map(value => value.toLowerCase()))
  return value => wanted.has(value.toLowerCase())
}

function compilePatterns(values: readonly string[]): Meets {
  const patterns = values.map(compileGlob)
  return value => patterns.some(pattern => fits(pattern, value))
}

function compileBooleans(values: readonly string[]): Meets | undefined {
  const wanted = values.map(value => value.toLowerCase())
  if (!wanted.every(isBoolean)) return undefined
  return value => {
    const seen = value.toLowerCase()
    return isBoolean(seen) ? wanted.includes(seen) : undefined
  }
}

function isBoolean(text: string): boolean {
  return text === 'true' || text === 'false'
}

function numberOf(text: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

/** A date without a zone would mean another instant wherever it is read. */
function instantOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const timeMs = Date.parse(text)
  return Number.isNaN(timeMs) ? undefined : timeMs
}

function compileAddresses(values: readonly string[]): Meets | undefined {
  const networks = new BlockList()
  for (const value of values) if (!addNetwork(networks, value)) return undefined
  return value => {
    const address = plainAddress(value)
    const version = isIP(address)
    return version === 0 ? undefined : networks.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}

function addNetwork(networks: BlockList, text: string): boolean {
  const [given = '', bits, ...rest] = text.split('/')
  const address = plainAddress(given)
  const version = isIP(address)
  // The prefix of a network in mapped notation counts the 96 bits that the notation adds.
  const added = address === given ? 0 : 96
  const most = version === 4 ? 32 : 128
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) - added : -1
  if (version === 0 || rest.length > 0 || length < 0 || length > most) return false
  networks.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  return true
}

/** An IPv4 address that is written as an IPv6 one is the IPv4 address. */
function plainAddress(text: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text
}
