import { AppError, type Clock, retryBackoff } from '@millrace/spi'
import type { SessionActor } from './actor.ts'
import type { Access, Authorizer, RequestFacts } from './authorizer.ts'
import type { IdentitySource } from './identity-source.ts'
import type { SessionTokens, TemporaryCredentials } from './session-tokens.ts'

/** Parts of the platform that roles are passed to, as trust policies name them (identity section 2.6). */
export type RoleService = 'eventbridge.aliyuncs.com' | 'fc.aliyuncs.com'

/** What a part of the platform wants to do as a role. */
export interface RoleUse {
  readonly account: string
  readonly role: string
  readonly service: RoleService
  readonly accesses: readonly Access[]
  /** Of what is used; conditions of the role's policies may ask for them. */
  readonly resourceTags?: RequestFacts['resourceTags']
}

/**
 * How long credentials last that functions get. They are made anew after `renewedAfterMs`, so each call gets some that outlast the
 * longest call, which has a day.
 */
export const serviceSessionMs = 36 * 3_600_000
export const renewedAfterMs = 11 * 3_600_000

/** Sessions that are kept for functions; all are dropped when there are more. */
export const serviceSessionsMax = 1_024

/** A decision of a rule, stream or function is about no request: conditions on one are not met. */
const noRequest = { peer: '', isSecure: true, userAgent: undefined }

interface Kept {
  readonly credentials: TemporaryCredentials
  readonly roleCreatedAtMs: number
}

/** Roles as the parts of the platform use them: for what rules and streams write to, and for the credentials of functions. */
export class ServiceRoles {
  readonly #authorizer: Authorizer
  readonly #sessions: SessionTokens
  readonly #source: () => IdentitySource
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()

  constructor(
    authorizer: Authorizer,
    sessions: SessionTokens,
    { source, clock }: { readonly source: () => IdentitySource; readonly clock: Clock },
  ) {
    this.#authorizer = authorizer
    this.#sessions = sessions
    this.#source = source
    this.#clock = clock
  }

  has(account: string, role: string): boolean {
    return this.#source().roles.has(`${account}/${role}`)
  }

  /**
   * Why a service may not do all of this as the role; `undefined` when it may. All that is missing is told at once, as the statements that
   * would allow it: `role.not-found`, `role.not-trusting`, `role.insufficient`.
   */
  refusal({ account, role, service, accesses, resourceTags }: RoleUse): AppError | undefined {
    if (!this.has(account, role)) {
      return refused('role.not-found', `there is no role ${role}`, { role })
    }
    if (!this.#authorizer.trusts(account, role, service)) {
      return refused('role.not-trusting', `the trust policy of the role ${role} does not name ${service}`, {
        role,
        service,
      })
    }
    const principal = { account, keyId: '', actor: actorOf(role, service) }
    const facts = { ...noRequest, ...(resourceTags === undefined ? {} : { resourceTags }) }
    const missing = accesses.filter(
      access => this.#authorizer.refusal(principal, [access], facts) !== undefined,
    )
    if (missing.length === 0) return undefined
    const told = missing.map(({ action, resource }) =>
      JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource }),
    )
    const message = `the role ${role} is not allowed what this needs: ${told.join(' and ')}`
    return refused('role.insufficient', message, { role, missing })
  }

  /** Credentials of the role for a function; `undefined` when there is no such role, or it does not trust functions. */
  credentials(account: string, role: string, name: string): TemporaryCredentials | undefined {
    const created = this.#source().roles.get(`${account}/${role}`)?.createdAtMs
    if (created === undefined || !this.#authorizer.trusts(account, role, 'fc.aliyuncs.com')) return undefined
    const key = `${account}/${role}/${name}`
    const known = this.#kept.get(key)
    const renewAtMs = this.#clock.nowMs() + serviceSessionMs - renewedAfterMs
    if (known?.roleCreatedAtMs === created && known.credentials.expiresAtMs > renewAtMs) {
      return known.credentials
    }
    const session = `fc-${name}`.slice(0, 64)
    const credentials = this.#sessions.issue({ account, role, session, durationMs: serviceSessionMs })
    if (this.#kept.size >= serviceSessionsMax) this.#kept.clear()
    this.#kept.set(key, { credentials, roleCreatedAtMs: created })
    return credentials
  }
}

function actorOf(role: string, service: RoleService): SessionActor {
  return { kind: 'session', role, session: service, expiresAtMs: Number.POSITIVE_INFINITY }
}

/** To be tried again: a role or policy may be written meanwhile. */
function refused(code: string, message: string, details: Readonly<Record<string, unknown>>): AppError {
  return new AppError(code, message, retryBackoff, { details })
}
