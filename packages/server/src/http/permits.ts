import type { IncomingMessage } from 'node:http'
import type { Access, Principal } from '../auth/index.ts'
import type { AppError } from '@millrace/spi'
import { type AccessRule, accessesOf } from './access.ts'
import { checkPass, refusalToRewrite } from './pass-role.ts'
import { factsOf } from './request-facts.ts'
import type { Services } from './services.ts'

/** Decides whether callers may do what they ask for; one for all interfaces. */
export class Permits {
  readonly #services: Pick<Services, 'audit' | 'identity' | 'node' | 'resources'>

  constructor(services: Pick<Services, 'audit' | 'identity' | 'node' | 'resources'>) {
    this.#services = services
  }

  get region(): string {
    return this.#services.node.region
  }

  /** `undefined` when all of it is allowed. What is asked for is recorded, also for the key of an account, to which everything is. */
  refusal(
    principal: Principal,
    accesses: () => readonly Access[],
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
  ): AppError | undefined {
    this.#services.audit.asked(request, principal, accesses)
    if (principal.actor.kind === 'root') return undefined
    const asked = accesses()
    const facts = factsOf(request)
    return (
      this.#services.identity.authorizer.refusal(principal, asked, facts) ??
      refusalToRewrite(this.#services, principal, asked, facts)
    )
  }

  /** Throws `auth.forbidden` unless all of it is allowed. */
  check(
    principal: Principal,
    accesses: () => readonly Access[],
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
  ): void {
    const refusal = this.refusal(principal, accesses, request)
    if (refusal !== undefined) throw refusal
  }

  /** The same for a route whose rules are known by its path. */
  checkRoute(
    principal: Principal,
    rules: readonly AccessRule[],
    params: Readonly<Record<string, string | undefined>>,
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
  ): void {
    const place = { region: this.region, account: principal.account }
    this.check(principal, () => accessesOf(rules, place, params, request.headers), request)
  }

  /** Throws `auth.forbidden` unless the caller may hand these roles to a part of the platform. */
  checkPass(
    principal: Principal,
    passed: Parameters<typeof checkPass>[2],
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
  ): void {
    checkPass(this.#services, principal, passed, factsOf(request))
  }
}
