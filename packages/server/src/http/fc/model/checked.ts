import type { Static, TSchema } from 'typebox'
import { requestCheck } from '../../validation.ts'

/** Checks a value inside a document; the place in the refusal begins with `what`. */
export function checkedOf<Schema extends TSchema>(
  schema: Schema,
  what: string,
): (value: unknown) => Static<Schema> {
  const check = requestCheck(schema, 'body')
  return value => {
    const checked = check(value)
    if ('error' in checked) {
      const { error } = checked
      error.message = error.message.replace(/^body/, what)
      throw error
    }
    return checked.value as Static<Schema>
  }
}
