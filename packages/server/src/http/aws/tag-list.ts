import { type Static, Type } from 'typebox'
import { foreignOf } from './foreign.ts'
import { isObject } from './operation.ts'
import { Refusal } from './refusal.ts'

export const TagList = Type.Array(
  Type.Object({
    Key: Type.String({ minLength: 1, maxLength: 128 }),
    Value: Type.String({ maxLength: 256 }),
  }),
)

/** Tags of one resource at most. */
const tagsMax = 50

/** Tags as they are kept. Throws `LimitExceededException`. */
export function tagsOf(
  list: Static<typeof TagList>,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const tags = { ...before, ...Object.fromEntries(list.map(({ Key, Value }) => [Key, Value])) }
  const seen = Object.keys(tags).length
  if (seen <= tagsMax) return tags
  const message = `A resource has at most ${tagsMax} tags; these are ${seen}.`
  throw new Refusal('LimitExceededException', message)
}

/** The tags of a bus or rule; some that were written long ago are kept beside it. */
export function tagsIn({
  tags,
  foreign,
}: {
  readonly tags?: Readonly<Record<string, string>>
  readonly foreign?: Readonly<Record<string, unknown>>
}): Record<string, string> {
  const { Tags } = foreignOf(foreign)
  return { ...(isObject(Tags) ? (Tags as Record<string, string>) : {}), ...tags }
}
