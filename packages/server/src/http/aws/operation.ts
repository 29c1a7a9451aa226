import type { Random } from '@millrace/spi'
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { requestCheck } from '../validation.ts'
import type { Services } from '../services.ts'
import { Refusal } from './refusal.ts'

/** Who calls, and what the operation works with. */
export interface Call {
  readonly services: Services
  readonly random: Random
  /** Of this server. */
  readonly account: string
  /** The same as this interface writes it: twelve digits. */
  readonly owner: string
  /** That of the caller's signature: names of resources are told in it. */
  readonly region: string
  /** Throws unless the caller may do this with what the input names. Every operation asks once its input is known to be well-formed. */
  permit(input: Readonly<Record<string, unknown>>): void
  /** Throws unless the caller may hand these roles to rules (`ram:PassRole`). */
  passRoles(roles: readonly (string | undefined)[]): void
}

export type Answer = Readonly<Record<string, unknown>>

/** One operation of the interface: its input is what the caller sent, its answer the members of the output. */
export interface Operation {
  run(call: Call, input: unknown): Promise<Answer>
}

/**
 * An operation whose input has this form. Members of other names are let through: clients are newer than servers. Refuses
 * `SerializationException` for a value of another type, and `ValidationException` for one that breaks a constraint.
 */
export function operation<Schema extends TSchema>(
  schema: Schema,
  run: (call: Call, input: Static<Schema>) => Promise<Answer> | Answer,
): Operation {
  const compiled = Compile(schema)
  const check = requestCheck(schema, 'body')
  return {
    async run(call, given) {
      const input = withoutNulls(given)
      const checked = check(input)
      if (!('error' in checked)) {
        call.permit(checked.value as Record<string, unknown>)
        return await run(call, checked.value as Static<Schema>)
      }
      const isOfType = compiled.Errors(input).every(({ keyword }) => keyword !== 'type')
      if (!isOfType) throw new Refusal('SerializationException', checked.error.message)
      throw new Refusal('ValidationException', `1 validation error detected: ${checked.error.message}`)
    },
  }
}

/** Clients leave out what is null; so do we, at every depth. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(item => item !== null).map(withoutNulls)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutNulls(item)]))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
