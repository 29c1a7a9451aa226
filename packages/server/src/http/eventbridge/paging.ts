import { type Static, Type } from 'typebox'
import { Refusal } from './refusal.ts'

/** Items of one page at most, and when the caller names no number. */
export const pageLimitMax = 100

/** Members of every list operation. Their type is judged here and not by the schema: they have codes of their own. */
export const PageMembers = {
  Limit: Type.Optional(Type.Unknown()),
  NextToken: Type.Optional(Type.Unknown()),
}
const PageInput = Type.Object(PageMembers)
export type PageInput = Static<typeof PageInput>

export interface Window {
  readonly offset: number
  readonly limit: number
}

/** Refuses `LimitSizeInvalid` and `NextTokenInvalid`. Numbers may come as text: some clients send them so. */
export function windowOf({ Limit, NextToken }: PageInput): Window {
  const limit = Limit === undefined ? pageLimitMax : wholeNumber(Limit)
  if (limit === undefined || limit < 1 || limit > pageLimitMax) {
    throw new Refusal('LimitSizeInvalid', `Limit is a whole number from 1 to ${pageLimitMax}`)
  }
  const offset = NextToken === undefined || NextToken === '' ? 0 : wholeNumber(NextToken)
  if (offset === undefined) throw new Refusal('NextTokenInvalid', 'NextToken is not one that was handed out')
  return { offset, limit }
}

/** Behind the last page there is no token: an empty text. */
export function nextToken({ offset, limit }: Window, total: number): string {
  return offset + limit < total ? String(offset + limit) : ''
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
