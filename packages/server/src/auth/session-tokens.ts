import { randomBytes } from 'node:crypto'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import type { IdentitySource } from './identity-source.ts'
import { type KeyFound, refused } from './key-directory.ts'
import { parsePolicy, type Policy } from './policy/index.ts'
import type { SecretBox } from './secret-box.ts'

/** How ids of temporary keys begin. */
const keyPrefix = 'STS.'
/** How tokens begin; the rest is base64. */
const tokenPrefix = 'CAIS'
const sealPrefix = 'sealed:v1:'
/** Longest token that is looked at, in characters: it must fit in a header. */
export const tokenLengthMax = 4_096
/** Tokens that are kept opened; all are dropped when there are more. */
export const openedTokensMax = 1_024

export function isSessionKey(keyId: string): boolean {
  return keyId.startsWith(keyPrefix)
}

/** What a token says; it is sealed, so that only this server can have said it. */
interface TokenContent {
  readonly id: string
  readonly secret: string
  readonly account: string
  readonly role: string
  /** A role that was deleted and made anew is another one. */
  readonly roleCreatedAtMs: number
  readonly session: string
  /** The session policy as JSON. */
  readonly policy?: string
  readonly expiresAtMs: number
}

/** For whom temporary credentials are made. */
export interface SessionRequest {
  readonly account: string
  readonly role: string
  readonly session: string
  readonly policy?: string | undefined
  readonly durationMs: number
}

export interface TemporaryCredentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string
  readonly expiresAtMs: number
}

interface Opened {
  readonly content: TokenContent
  readonly policy: Policy | undefined
}

/**
 * Temporary credentials: the token carries everything, sealed with a key of its own, so nothing is stored (identity section 4.3).
 * They end with their time, or with their role; singly they cannot be taken back.
 */
export class SessionTokens {
  readonly #box: SecretBox
  readonly #clock: Clock
  readonly #source: () => IdentitySource
  readonly #opened = new Map<string, Opened>()

  /** `secrets` must be a box of the purpose of tokens alone: a text that users may have sealed could else be a token. */
  constructor(box: SecretBox, clock: Clock, source: () => IdentitySource) {
    this.#box = box
    this.#clock = clock
    this.#source = source
  }

  /** The role must be there, and the policy one that parses. */
  issue({ account, role, session, policy, durationMs }: SessionRequest): TemporaryCredentials {
    const content: TokenContent = {
      id: `${keyPrefix}${randomBytes(12).toString('base64url').replaceAll(/[-_]/g, 'x')}`,
      secret: randomBytes(30).toString('base64url'),
      account,
      role,
      roleCreatedAtMs: this.#source().roles.get(`${account}/${role}`)?.createdAtMs ?? 0,
      session,
      ...(policy === undefined ? {} : { policy }),
      // Shown to the second, so it holds to the second.
      expiresAtMs: Math.floor((this.#clock.nowMs() + durationMs) / 1_000) * 1_000,
    }
    const sealed = this.#box.seal(JSON.stringify(content)).slice(sealPrefix.length)
    return {
      accessKeyId: content.id,
      accessKeySecret: content.secret,
      securityToken: tokenPrefix + Buffer.from(sealed, 'base64url').toString('base64'),
      expiresAtMs: content.expiresAtMs,
    }
  }

  /** The key that a token carries; refused when it is none of ours, of another key, expired, or of a role that is gone. */
  find(keyId: string, token: string): KeyFound {
    if (token === '') return refused(missing())
    const opened = this.#open(token)
    if (opened === undefined) return refused(malformed())
    const { content, policy } = opened
    if (content.id !== keyId) return refused(mismatch())
    const { account, role, session, expiresAtMs } = content
    const current = this.#source().roles.get(`${account}/${role}`)
    const isOver = expiresAtMs <= this.#clock.nowMs() || current?.createdAtMs !== content.roleCreatedAtMs
    return {
      key: {
        accessKeyId: content.id,
        accessKeySecret: content.secret,
        account,
        actor: { kind: 'session', role, session, policy, expiresAtMs },
      },
      refusal: isOver ? expired() : undefined,
    }
  }

  #open(token: string): Opened | undefined {
    const known = this.#opened.get(token)
    if (known !== undefined) return known
    if (token.length > tokenLengthMax || !tokenExpression.test(token)) return undefined
    const sealed = Buffer.from(token.slice(tokenPrefix.length), 'base64').toString('base64url')
    let opened: Opened
    try {
      const content = JSON.parse(this.#box.open(sealPrefix + sealed)) as TokenContent
      const { policy } = content
      opened = { content, policy: policy === undefined ? undefined : parsePolicy(policy, 'session') }
    } catch {
      return undefined
    }
    if (this.#opened.size >= openedTokensMax) this.#opened.clear()
    this.#opened.set(token, opened)
    return opened
  }
}

const tokenExpression = /^CAIS[A-Za-z0-9+/]+={0,2}$/

function missing(): AppError {
  return new AppError('auth.token-missing', 'temporary credentials need their security token', retryNever)
}

function malformed(): AppError {
  return new AppError('auth.token-invalid', 'the security token was not issued by this server', retryNever)
}

function mismatch(): AppError {
  return new AppError(
    'auth.token-mismatch',
    'the security token does not belong to this access key',
    retryNever,
  )
}

function expired(): AppError {
  return new AppError('auth.token-expired', 'the temporary credentials have expired', retryNever)
}
