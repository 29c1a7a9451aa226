import { AppError, retryNever } from '@millrace/spi'
import type { IncomingMessage } from 'node:http'
import { actorArn, forbidden, parsePolicy, type Principal, type TemporaryCredentials } from '../auth/index.ts'
import { busKey, notFound } from '../resources/index.ts'
import { arnOf } from './access.ts'
import { factsOf } from './request-facts.ts'
import type { Services } from './services.ts'

/** Who wants to take on which role, and how. */
export interface AssumeRoleWish {
  /** A role of the caller's account, or of another one. */
  readonly account: string
  readonly role: string
  readonly session: string
  /** At most what the role allows; an hour unless told, or that of the role when it is shorter. */
  readonly durationSeconds?: number | undefined
  /** A session policy as JSON text. */
  readonly policy?: string | undefined
  readonly externalId?: string | undefined
}

export const sessionSecondsMin = 900
/** A session that takes on a further role gets an hour at most. */
export const chainedSecondsMax = 3_600

/**
 * Takes on a role (identity section 4.1): the caller's policies and the trust of the role must both allow it. The key of an account
 * cannot: it would lay down nothing but its limits. Throws `auth.forbidden`, also for a role that is not there; `sts.duration-invalid` and
 * codes of policies.
 */
export function assumeRole(
  services: Services,
  principal: Principal,
  wish: AssumeRoleWish,
  request: IncomingMessage,
): TemporaryCredentials {
  const { authorizer, sessions } = services.identity
  const action = 'sts:AssumeRole'
  const place = { region: services.node.region, account: wish.account }
  const access = { action, resource: arnOf(action, `ram:role/${wish.role}`, place) }
  services.audit.asked(request, principal, () => [access])
  if (principal.actor.kind === 'root') {
    throw forbidden(actorArn(principal.account, principal.actor), access, {
      outcome: 'implicit-deny',
      layer: 'resource',
    })
  }
  const { externalId, policy } = wish
  const further = externalId === undefined ? {} : { 'sts:externalid': externalId }
  const refusal = authorizer.refusal(principal, [access], { ...factsOf(request), further })
  if (refusal !== undefined) throw refusal
  const role = services.resources.snapshots.current().roles.get(busKey(wish.account, wish.role))
  if (role === undefined) throw notFound('role', wish.role)
  if (policy !== undefined) parsePolicy(policy, 'session')
  const isChained = principal.actor.kind === 'session'
  const longest = isChained ? chainedSecondsMax : role.spec.sessionSecondsMax
  const seconds = wish.durationSeconds ?? chainedSecondsMax
  if (seconds < sessionSecondsMin || seconds > longest) {
    const message = `a session of this role lasts from ${sessionSecondsMin} to ${longest} seconds, not ${seconds}`
    throw new AppError('sts.duration-invalid', message, retryNever, {
      details: { limit: longest, seen: seconds },
    })
  }
  return sessions.issue({
    account: wish.account,
    role: wish.role,
    session: wish.session,
    policy,
    durationMs: seconds * 1_000,
  })
}
