import { Type } from 'typebox'
import type { Answer } from './operation.ts'
import { invalid } from './refusal.ts'

/** Members of every list operation. */
export const PageMembers = {
  Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  NextToken: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048 })),
}

export interface PageInput {
  readonly Limit?: number
  readonly NextToken?: string
}

/** Items of one page when the caller names no number. */
const pageLimit = 100

/** One page of a list under the given name, and the token of the next one where there is one. */
export function pageOf<Item>(
  name: string,
  all: readonly Item[],
  { Limit = pageLimit, NextToken }: PageInput,
  shown: (item: Item) => unknown,
): Answer {
  const offset = NextToken === undefined ? 0 : Number(/^t(\d{1,15})$/.exec(NextToken)?.[1] ?? Number.NaN)
  if (Number.isNaN(offset)) throw invalid('NextToken is not one that was handed out.')
  const end = offset + Limit
  return {
    [name]: all.slice(offset, end).map(shown),
    ...(end < all.length ? { NextToken: `t${end}` } : {}),
  }
}
