import type { Call } from './call.ts'
import { invalidArgument } from './refusal.ts'
import { queryOf } from './call.ts'

/** Items of one page at most, and when the caller names no number (function-compute section 2.3). */
export const pageLimitMax = 100
const pageLimitDefault = 20

export interface PageOf<Item> {
  readonly items: readonly Item[]
  /** Not there behind the last page. */
  readonly nextToken?: string
}

/** A number of the query; refused when it is none or out of its bounds. */
export function wholeNumber(call: Pick<Call, 'query'>, name: string, least: number, most: number) {
  const text = queryOf(call, name)
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw invalidArgument(`${name} is a whole number from ${least} to ${most}`)
}

export function limitOf(call: Pick<Call, 'query'>, name = 'limit'): number {
  return wholeNumber(call, name, 1, pageLimitMax) ?? pageLimitDefault
}

/**
 * One page of what is there, in order of its keys. The token is the last key of the page before, so that what comes and
 * goes between two pages neither repeats nor hides others. `startKey`, of older clients, names the first key itself.
 */
export function pageOf<Item>(
  call: Pick<Call, 'query'>,
  all: Iterable<Item>,
  keyOf: (item: Item) => string,
  order: (left: string, right: string) => number = textOrder,
): PageOf<Item> {
  const limit = limitOf(call)
  const after = readToken(queryOf(call, 'nextToken'))
  const first = after === undefined ? queryOf(call, 'startKey') : undefined
  const rest = [...all]
    .filter(item => after === undefined || order(keyOf(item), after) > 0)
    .filter(item => first === undefined || order(keyOf(item), first) >= 0)
    .sort((left, right) => order(keyOf(left), keyOf(right)))
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return rest.length > items.length && last !== undefined
    ? { items, nextToken: Buffer.from(keyOf(last)).toString('base64url') }
    : { items }
}

export function textOrder(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  if (!/^[\w-]{1,1024}$/.test(token)) throw invalidArgument('nextToken is not one that was handed out')
  return Buffer.from(token, 'base64url').toString()
}
