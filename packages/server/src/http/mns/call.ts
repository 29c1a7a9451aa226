import type { IncomingHttpHeaders } from 'node:http'
import type { Random } from '@millrace/spi'
import type { Services } from '../services.ts'
import type { Subject } from './refusal.ts'
import type { RequestTarget } from './target.ts'
import type { XmlElement } from './xml-in.ts'
import type { XmlNode } from './xml-out.ts'

/** One request, authenticated and read. */
export interface Call {
  readonly account: string
  readonly headers: IncomingHttpHeaders
  readonly target: RequestTarget
  /** Root of the body; `undefined` for an empty one. */
  readonly body: XmlElement | undefined
  /** Scheme and host as the client wrote them, for URLs of resources. */
  readonly base: string
  /** Aborts when nobody waits for the answer any more, or the server closes. */
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  /** None with 204, and with 201 of what was created. */
  readonly body?: XmlNode
  /** URL of what was created. */
  readonly location?: string
}

/** What the operations work with. */
export interface MnsContext {
  readonly services: Pick<Services, 'queues' | 'topics' | 'resources' | 'node'>
  readonly random: Random
}

/** One operation of the interface. */
export interface Operation {
  readonly subject: Subject
  /** What a caller must be allowed to, on the resource that the path names. */
  action(target: RequestTarget): string
  run(context: MnsContext, call: Call): Promise<Answer> | Answer
}

/** Under this name a resource keeps what only this interface understands. */
export const foreignName = 'mns'

/** What a resource kept for this interface; empty where it was written by another. */
export function foreignOf(
  foreign: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const kept = foreign?.[foreignName]
  return typeof kept === 'object' && kept !== null ? { ...kept } : {}
}
