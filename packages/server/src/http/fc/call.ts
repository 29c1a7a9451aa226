import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '@millrace/spi'
import type { FastifyReply } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { parseJson } from '../json-body.ts'
import { requestCheck } from '../validation.ts'
import { invalidArgument } from './refusal.ts'

/** One request, authenticated and read. */
export interface Call {
  readonly account: string
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Decoded; of a parameter that comes several times, the last. */
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Where the client reached this server, such as `http://127.0.0.1:8400`. */
  readonly origin: string
  /** Throws `auth.forbidden` unless the caller may give functions this role; none and an empty one need nothing. */
  passRole(role: unknown): void
  /** The access key that signed it. */
  readonly keyId: string
  readonly requestId: string
  /** For answers that are no JSON. */
  readonly reply: FastifyReply
}

/** What is answered: JSON with 200, or nothing with 204. */
export interface Answer {
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Does one action. Throws `Refusal`, or errors of the platform, which are put into the words of the interface. */
export type Handler = (call: Call) => Answer | Promise<Answer>

export function answered(body: object, headers?: Readonly<Record<string, string>>): Answer {
  return headers === undefined ? { body } : { body, headers }
}

/** The answer to what is done and has no result. */
export const nothing: Answer = {}

/** A handler whose body is a JSON object; `run` gets it checked. Members of other names are let through. */
export function jsonHandler<Schema extends TSchema>(
  schema: Schema,
  run: (call: Call, input: Static<Schema>) => Answer | Promise<Answer>,
): Handler {
  const check = requestCheck(schema, 'body')
  return call => {
    const checked = check(membersOf(call.body))
    if ('error' in checked) throw checked.error
    return run(call, checked.value as Static<Schema>)
  }
}

/** Members with null count as absent, since clients leave those out. */
function membersOf(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {}
  const parsed = parseJson(body)
  if (parsed instanceof AppError) throw parsed
  if (!isObject(parsed.value)) throw invalidArgument('the body is not a JSON object')
  return Object.fromEntries(Object.entries(parsed.value).filter(([, value]) => value !== null))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A header of the interface. Some clients put the value in quotes (function-compute section 2.2). */
export function headerOf({ headers }: Pick<Call, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value.replace(/^"(.*)"$/, '$1') : undefined
}

/** A parameter of the query; empty counts as absent. */
export function queryOf({ query }: Pick<Call, 'query'>, name: string): string | undefined {
  const value = query[name]
  return value === '' ? undefined : value
}

/** A parameter of the query that is the JSON text of a list of texts. */
export function queryList(call: Pick<Call, 'query'>, name: string): string[] | undefined {
  const text = queryOf(call, name)
  if (text === undefined) return undefined
  const value = jsonOf(text, name)
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) {
    throw invalidArgument(`${name} is the JSON text of a list of texts`)
  }
  return value
}

/** The value of a JSON text inside another document. */
export function jsonOf(text: string, what: string): unknown {
  const parsed = parseJson(Buffer.from(text))
  if (parsed instanceof AppError) throw invalidArgument(`${what} is not well-formed JSON`)
  return parsed.value
}
