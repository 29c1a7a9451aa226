import type { IncomingHttpHeaders } from 'node:http'
import type { Services } from '../services.ts'
import { parseJson } from '../json-body.ts'
import { AppError, type Places } from '@millrace/spi'
import { parameterInvalid } from './refusal.ts'
import type { RequestTarget } from './target.ts'

/** One request, authenticated and read. */
export interface Call {
  readonly account: string
  readonly headers: IncomingHttpHeaders
  readonly target: RequestTarget
  /** The project that it is about. */
  readonly project: string
  /** The log store that its path names; empty where it names none. */
  readonly logStore: string
  readonly body: Buffer
  /** IP address of the peer. */
  readonly remoteAddress: string
  /** Aborts when nobody waits for the answer any more, or the server closes. */
  readonly signal: AbortSignal
}

export interface Answer {
  /** An answer without this or bytes is empty, and has no type: a client would parse it. */
  readonly json?: unknown
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** What the operations work with. */
export interface SlsContext {
  readonly services: Pick<Services, 'resources' | 'logStores' | 'node' | 'clock'>
  /** For searches under way, which read much; further ones wait. */
  readonly searches: Places
}

/** The ends of the names of resources (identity section 3.4). */
export const subjects = {
  projects: () => 'project/*',
  project: (project: string) => `project/${project}`,
  stores: (project: string) => `project/${project}/logstore/*`,
  store: (project: string, logStore: string) => `project/${project}/logstore/${logStore}`,
} as const

/** One operation of the interface. */
export interface Operation {
  /** Largest body in bytes as it is sent; what other operations have when absent. */
  readonly bodyBytesMax?: number
  /** What a caller must be allowed to, and on what of the project that the host names. */
  readonly needs: readonly [action: string, on: keyof typeof subjects]
  run(context: SlsContext, call: Call): Promise<Answer> | Answer
}

/** A member that should be a text; empty when it is something else. */
export function textOf(given: Readonly<Record<string, unknown>>, name: string): string {
  const value = given[name]
  return typeof value === 'string' ? value : ''
}

/** The body as a JSON object. Throws `ParameterInvalid`. */
export function jsonObject({ body }: Call): Readonly<Record<string, unknown>> {
  const parsed = parseJson(body)
  const value = parsed instanceof AppError ? undefined : parsed.value
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw parameterInvalid('the body is a JSON object')
}
