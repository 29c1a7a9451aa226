import { hash, randomBytes } from 'node:crypto'
import { AppError, type Clock, type Documents, type Random } from '@millrace/spi'
import type { Actor } from '../actor.ts'
import { type SessionOwner, type Standing, standsStill } from './session-owner.ts'
import { storedUnder } from './stored.ts'

export interface SessionLimits {
  /** A session ends so long after it began, whatever happens. */
  readonly sessionMs: number
  /** And so long after it was last used. */
  readonly idleMs: number
  /** Of one person; a further one ends the one that was not used for the longest time. */
  readonly perOwnerMax: number
  /** Of all together; further ones are refused with `login.sessions-exhausted`. */
  readonly sessionsMax: number
  /** How often the last use is written down at most: after a restart a session may end so much earlier. */
  readonly seenWriteMs: number
}

export const defaultSessionLimits: SessionLimits = {
  sessionMs: 12 * 3_600_000,
  idleMs: 60 * 60_000,
  perOwnerMax: 10,
  sessionsMax: 10_000,
  seenWriteMs: 60_000,
}

/** Somebody who is signed in to the console. */
export interface ConsoleSession {
  /** Names it in lists and records; it opens nothing. */
  readonly id: string
  readonly owner: SessionOwner
  readonly createdAtMs: number
  readonly seenAtMs: number
  /** When it ends at the latest. */
  readonly endsAtMs: number
}

export interface ConsoleSessionsParts {
  readonly documents: Documents
  readonly standing: Standing
  readonly clock: Clock
  readonly random: Random
}

/** First word of the keys of these documents. */
const kind = 'console-session'
const tokenBytes = 32

/**
 * Who is signed in. A session is found by a random token, of which only the hash is kept; it ends with its time, with idleness, by hand, and
 * with what it stands on: its user, role or key. It outlives a restart.
 */
export class ConsoleSessions {
  readonly #parts: ConsoleSessionsParts
  readonly #limits: SessionLimits
  /** By the hash of the token. */
  readonly #sessions = new Map<string, ConsoleSession>()
  readonly #seenWrittenAtMs = new Map<string, number>()

  private constructor(parts: ConsoleSessionsParts, limits: SessionLimits) {
    this.#parts = parts
    this.#limits = limits
  }

  static async open(parts: ConsoleSessionsParts, limits = defaultSessionLimits): Promise<ConsoleSessions> {
    const sessions = new ConsoleSessions(parts, limits)
    for await (const { names, value } of storedUnder(parts.documents, kind)) {
      const [key = ''] = names
      const session = value as ConsoleSession
      sessions.#sessions.set(key, session)
      sessions.#seenWrittenAtMs.set(key, session.seenAtMs)
    }
    await sessions.#endAll(session => !sessions.#isGood(session))
    return sessions
  }

  /** Durable when it resolves. Rejects with `login.sessions-exhausted`. */
  async begin(owner: SessionOwner): Promise<{ readonly token: string; readonly session: ConsoleSession }> {
    await this.#endAll(session => !this.#isGood(session))
    const ofOwner = [...this.#sessions].filter(([, session]) => isOf(session.owner, owner))
    const surplus = ofOwner
      .toSorted(([, left], [, right]) => left.seenAtMs - right.seenAtMs)
      .slice(0, Math.max(0, ofOwner.length - this.#limits.perOwnerMax + 1))
    const { sessionsMax } = this.#limits
    if (this.#sessions.size - surplus.length >= sessionsMax) throw exhausted(sessionsMax)
    const token = randomBytes(tokenBytes).toString('base64url')
    const key = keyOf(token)
    const nowMs = this.#parts.clock.nowMs()
    const session: ConsoleSession = {
      id: this.#parts.random.id(),
      owner,
      createdAtMs: nowMs,
      seenAtMs: nowMs,
      endsAtMs: nowMs + this.#limits.sessionMs,
    }
    // At once, so that those who come at the same time count it.
    for (const [surplusKey] of surplus) this.#sessions.delete(surplusKey)
    this.#sessions.set(key, session)
    for (const [surplusKey] of surplus) await this.#forget(surplusKey)
    try {
      await this.#write(key, session)
    } catch (thrown) {
      this.#sessions.delete(key)
      throw thrown
    }
    return { token, session }
  }

  /** The session of a token, which is thereby used; `undefined` when there is none or it has ended. */
  async use(token: string): Promise<ConsoleSession | undefined> {
    const key = keyOf(token)
    const found = this.#sessions.get(key)
    if (found === undefined) return undefined
    if (!this.#isGood(found)) {
      await this.#forget(key)
      return undefined
    }
    const nowMs = this.#parts.clock.nowMs()
    const session = { ...found, seenAtMs: nowMs }
    this.#sessions.set(key, session)
    const writtenAtMs = this.#seenWrittenAtMs.get(key) ?? 0
    if (nowMs - writtenAtMs >= this.#limits.seenWriteMs) {
      // On a full disk somebody must still be able to look: after a restart the session ends earlier, and that is all.
      await this.#write(key, session).catch(() => {})
    }
    return session
  }

  /** Those of an account that have not ended, the newest first. */
  list(account: string): readonly ConsoleSession[] {
    return [...this.#sessions.values()]
      .filter(session => session.owner.account === account && this.#isGood(session))
      .toSorted((left, right) => right.createdAtMs - left.createdAtMs || (left.id < right.id ? 1 : -1))
  }

  /** Ends the session of a token, if there is one. */
  async end(token: string): Promise<void> {
    await this.#endAll((_session, key) => key === keyOf(token))
  }

  /** Ends one by its id; false when the account has none. */
  async revoke(account: string, id: string): Promise<boolean> {
    return (await this.#endAll(session => session.owner.account === account && session.id === id)) > 0
  }

  /** Ends all of a user, however they began. */
  async revokeUser(account: string, name: string): Promise<number> {
    return await this.#endAll(({ owner }) => owner.account === account && owner.user?.name === name)
  }

  #isGood({ owner, seenAtMs, endsAtMs }: ConsoleSession): boolean {
    const nowMs = this.#parts.clock.nowMs()
    const { idleMs } = this.#limits
    return nowMs < endsAtMs && nowMs - seenAtMs < idleMs && standsStill(owner, this.#parts.standing)
  }

  async #endAll(isMeant: (session: ConsoleSession, key: string) => boolean): Promise<number> {
    const meant = [...this.#sessions].filter(([key, session]) => isMeant(session, key))
    for (const [key] of meant) this.#sessions.delete(key)
    for (const [key] of meant) await this.#forget(key)
    return meant.length
  }

  async #write(key: string, session: ConsoleSession): Promise<void> {
    this.#seenWrittenAtMs.set(key, session.seenAtMs)
    await this.#parts.documents.put(`${kind}/${key}`, session)
  }

  async #forget(key: string): Promise<void> {
    this.#sessions.delete(key)
    this.#seenWrittenAtMs.delete(key)
    await this.#parts.documents.delete(`${kind}/${key}`)
  }
}

/** What forms of a session carry: only its own pages know it, and nothing of the session can be told from it. */
export function formTokenOf(token: string): string {
  return hash('sha256', `form ${token}`, 'base64url')
}

function keyOf(token: string): string {
  return hash('sha256', token, 'hex')
}

function isOf(left: SessionOwner, right: SessionOwner): boolean {
  return left.account === right.account && nameOf(left.actor) === nameOf(right.actor)
}

function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case 'root':
      return 'root'
    case 'user':
      return `user ${actor.name}`
    case 'session':
      return `role ${actor.role} ${actor.session}`
  }
}

function exhausted(limit: number): AppError {
  return new AppError(
    'login.sessions-exhausted',
    `${limit} people are signed in already, which is the limit`,
    { kind: 'after', delayMs: 60_000 },
    { details: { limit } },
  )
}
