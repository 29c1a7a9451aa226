import type { FastifyRequest } from 'fastify'
import { type ConsoleSession, type Principal } from '../../auth/index.ts'

/** Somebody who is signed in, with the request that they make. */
export interface Visitor {
  readonly session: ConsoleSession
  /** In the cookie. */
  readonly token: string
  readonly principal: Principal
  readonly request: FastifyRequest
}

/** Requests of a session count as its owner's; records have its id where those of programs have a key. */
export function principalOfSession({ id, owner }: ConsoleSession): Principal {
  return { account: owner.account, keyId: owner.keyId ?? `console:${id}`, actor: owner.actor }
}
