import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '@millrace/spi'
import type { Static, TSchema } from 'typebox'
import { parseJson } from '../json-body.ts'
import { requestCheck } from '../validation.ts'
import { Refusal } from './refusal.ts'
import type { Subject } from './wire-code.ts'

/** One request, authenticated and read. */
export interface Call {
  readonly account: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  /** Address of the caller as this node sees it. */
  readonly peer: string
  /** Throws unless the caller may do this with what the input names. Every action asks once its input is known to be well-formed. */
  permit(input: Readonly<Record<string, unknown>>): void
  /** Throws unless the caller may hand these roles to rules and streams (`ram:PassRole`). */
  passRoles(roles: readonly string[]): void
}

/** Members of the answer besides the two that every answer has. */
export type Answer = Readonly<Record<string, unknown>>

/** One operation of the interface; everything is a POST to a path of its own. */
export interface Action {
  readonly subject: Subject
  run(call: Call): Answer | Promise<Answer>
}

/**
 * An action whose body is a JSON object. Members of other names are let through: clients are newer than servers.
 * Members with null count as absent, since clients leave those out.
 */
export function jsonAction<Schema extends TSchema>(
  subject: Subject,
  schema: Schema,
  run: (account: string, input: Static<Schema>, call: Call) => Answer | Promise<Answer>,
): Action {
  const check = requestCheck(schema, 'body')
  return {
    subject,
    run(call) {
      const checked = check(membersOf(call.body))
      if ('error' in checked) throw checked.error
      call.permit(checked.value as Record<string, unknown>)
      return run(call.account, checked.value as Static<Schema>, call)
    },
  }
}

function membersOf(body: Uint8Array): Record<string, unknown> {
  const parsed = parseJson(body)
  if (parsed instanceof AppError) throw parsed
  if (!isObject(parsed.value)) throw new Refusal('RequestParameterInvalid', 'the body is not a JSON object')
  return Object.fromEntries(Object.entries(parsed.value).filter(([, value]) => value !== null))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
