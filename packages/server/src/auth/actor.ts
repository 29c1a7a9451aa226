import type { Applicant, Policy } from './policy/index.ts'

/** Who stands behind a key: the account itself, one of its users, or a session of one of its roles. */
export type Actor = RootActor | UserActor | SessionActor

/** The key of the account: everything is allowed to it. */
export interface RootActor {
  readonly kind: 'root'
}

export interface UserActor {
  readonly kind: 'user'
  readonly name: string
}

/** A role that somebody has taken on for a while. */
export interface SessionActor {
  readonly kind: 'session'
  readonly role: string
  readonly session: string
  /** What the session may do at most, besides what the role may. */
  readonly policy?: Policy | undefined
  readonly expiresAtMs: number
}

export const rootActor: RootActor = { kind: 'root' }

/** The name of who acts, as policies, refusals and records write it (identity section 1). */
export function actorArn(account: string, actor: Actor): string {
  switch (actor.kind) {
    case 'root':
      return `acs:ram::${account}:root`
    case 'user':
      return `acs:ram::${account}:user/${actor.name}`
    case 'session':
      return `acs:ram::${account}:assumed-role/${actor.role}/${actor.session}`
  }
}

/** The same as trust policies see it. */
export function applicantOf(account: string, actor: Actor): Applicant {
  switch (actor.kind) {
    case 'root':
      return { kind: 'root', account }
    case 'user':
      return { kind: 'user', account, name: actor.name }
    case 'session':
      return { kind: 'role', account, name: actor.role, session: actor.session }
  }
}
