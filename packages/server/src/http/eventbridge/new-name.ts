import { Refusal } from './refusal.ts'

const nameExpression = /^[A-Za-z0-9][A-Za-z0-9_-]{0,126}$/
const reservedPrefix = 'eventbridge-reserved-'

/** Refuses, under the given code, a name that a new bus or rule may not have (sections 1.3 and 11.5). */
export function checkNewName(code: string, name: string | undefined): asserts name is string {
  if (name === undefined || !nameExpression.test(name)) {
    const seen = name === undefined ? 'there is none' : `this one has ${name.length} characters`
    throw new Refusal(
      code,
      `a name has 1 to 127 letters, digits, "-" and "_" and begins with a letter or digit; ${seen}`,
    )
  }
  if (name.startsWith(reservedPrefix))
    throw new Refusal(code, `names that begin with ${reservedPrefix} are reserved`)
}
