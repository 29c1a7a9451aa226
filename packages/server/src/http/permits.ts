import type { IncomingMessage } from 'node:http'
import type { Access, Principal, RequestFacts } from '../auth/index.ts'
import type { AppError } from '@millrace/spi'
import { type AccessRule, accessesOf } from './access.ts'
import { checkPass, refusalToRewrite } from './pass-role.ts'
import { tagsOfResource } from '../resources/index.ts'
import { factsOf } from './request-facts.ts'
import { rateOf } from './request-rate.ts'
import type { Services } from './services.ts'

/** Decides whether callers may do what they ask for; one for all interfaces. */
export class Permits {
  readonly #services: Pick<Services, 'audit' | 'identity' | 'node' | 'quotas' | 'resources'>

  constructor(services: Pick<Services, 'audit' | 'identity' | 'node' | 'quotas' | 'resources'>) {
    this.#services = services
  }

  get region(): string {
    return this.#services.node.region
  }

  /** What conditions of policies can ask about a request, and about what it is for. */
  factsOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): RequestFacts {
    const snapshot = this.#services.resources.snapshots.current()
    return { ...factsOf(request), resourceTags: resource => tagsOfResource(snapshot, resource) }
  }

  /** `undefined` when all of it is allowed. What is asked for is recorded, also for the key of an account, to which everything is. */
  refusal(
    principal: Principal,
    accesses: () => readonly Access[],
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
    requestTags?: RequestFacts['requestTags'],
  ): AppError | undefined {
    this.#services.audit.asked(request, principal, accesses)
    if (principal.actor.kind === 'root') return undefined
    const asked = accesses()
    const facts = { ...this.factsOf(request), ...(requestTags === undefined ? {} : { requestTags }) }
    return (
      this.#services.identity.authorizer.refusal(principal, asked, facts) ??
      refusalToRewrite(this.#services, principal, asked, facts)
    )
  }

  /** Throws `quota.rate-exceeded` when the account asks too often, and `auth.forbidden` unless all of it is allowed. */
  check(
    principal: Principal,
    accesses: () => readonly Access[],
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
    requestTags?: RequestFacts['requestTags'],
  ): void {
    const asked = accesses()
    this.#checkRate(principal, asked)
    const refusal = this.refusal(principal, () => asked, request, requestTags)
    if (refusal !== undefined) throw refusal
  }

  /** The same for a route whose rules are known by its path. */
  checkRoute(
    principal: Principal,
    rules: readonly AccessRule[],
    params: Readonly<Record<string, string | undefined>>,
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
    requestTags?: RequestFacts['requestTags'],
  ): void {
    this.#checkRate(principal, rules)
    this.checkRouteAgain(principal, rules, params, request, requestTags)
  }

  /** The same for a request that was counted before, now that more is known of it. */
  checkRouteAgain(
    principal: Principal,
    rules: readonly AccessRule[],
    params: Readonly<Record<string, string | undefined>>,
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
    requestTags?: RequestFacts['requestTags'],
  ): void {
    const place = { region: this.region, account: principal.account }
    const accesses = (): Access[] => accessesOf(rules, place, params, request.headers)
    const refusal = this.refusal(principal, accesses, request, requestTags)
    if (refusal !== undefined) throw refusal
  }

  /** Throws `auth.forbidden` unless the caller may hand these roles to a part of the platform. */
  checkPass(
    principal: Principal,
    passed: Parameters<typeof checkPass>[2],
    request: Pick<IncomingMessage, 'headers' | 'socket'>,
  ): void {
    checkPass(this.#services, principal, passed, factsOf(request))
  }

  /** Before it is recorded: who asks too often fills no bus either. */
  #checkRate({ account }: Principal, [first]: readonly { readonly action: string }[]): void {
    const rate = first === undefined ? undefined : rateOf(first.action)
    const refusal = rate === undefined ? undefined : this.#services.quotas.takeRequest(account, rate)
    if (refusal !== undefined) throw refusal
  }
}
