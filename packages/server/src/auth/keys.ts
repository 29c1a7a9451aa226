import { randomBytes } from 'node:crypto'
import { AppError, retryNever } from '@millrace/spi'
import { rootActor } from './actor.ts'
import type { Credential } from './credentials.ts'
import type { IdentitySource, SealedKey } from './identity-source.ts'
import { type KeyDirectory, type KeyFound, type KnownKey, nobody, refused } from './key-directory.ts'
import { isSessionKey, type SessionTokens } from './session-tokens.ts'

/** Keys that never change, or a directory of them. */
export type Keys = KeyDirectory | readonly Credential[]

/** The directory of a list: each key is that of its account. */
export function directoryOf(keys: Keys): KeyDirectory {
  return 'accounts' in keys ? keys : new AccessKeys({ roots: keys })
}

export interface AccessKeysParts {
  /** Keys of accounts themselves. */
  readonly roots: readonly Credential[]
  /** Keys of users, as they are now. Without it there are none. */
  readonly source?: () => IdentitySource
  readonly open?: (sealed: string) => string
  /** Without it there are no temporary keys. */
  readonly sessions?: SessionTokens
}

/** Keys of accounts, of users and of sessions. A key of an account hides a user's of the same id. */
export class AccessKeys implements KeyDirectory {
  readonly accounts: readonly string[]
  readonly #parts: AccessKeysParts
  readonly #roots: ReadonlyMap<string, KnownKey>
  /** By the document: each secret is opened once. */
  readonly #opened = new WeakMap<SealedKey, KnownKey>()

  constructor(parts: AccessKeysParts) {
    this.#parts = parts
    this.accounts = [...new Set(parts.roots.map(({ account }) => account))]
    this.#roots = new Map(parts.roots.map(root => [root.accessKeyId, { ...root, actor: rootActor }]))
  }

  find(keyId: string, token = ''): KeyFound {
    if (isSessionKey(keyId)) {
      const { sessions } = this.#parts
      return sessions === undefined ? refused(tokensUnsupported()) : sessions.find(keyId, token)
    }
    const root = this.#roots.get(keyId)
    const sealed = root === undefined ? this.#parts.source?.().accessKeys.get(keyId) : undefined
    const key = root ?? (sealed === undefined ? undefined : this.#open(sealed))
    if (token !== '') return { key: key ?? nobody, refusal: tokenNotWanted() }
    if (key === undefined) return refused(unknownKey(keyId))
    return { key, refusal: sealed?.disabled === true ? disabledKey(keyId) : undefined }
  }

  #open(sealed: SealedKey): KnownKey | undefined {
    const known = this.#opened.get(sealed)
    if (known !== undefined || this.#parts.open === undefined) return known
    const key: KnownKey = {
      accessKeyId: sealed.id,
      accessKeySecret: this.#parts.open(sealed.sealedSecret),
      account: sealed.account,
      actor: { kind: 'user', name: sealed.user },
    }
    this.#opened.set(sealed, key)
    return key
  }
}

/** A new key of a user, as it is shown this once. */
export function newAccessKey(): { readonly id: string; readonly secret: string } {
  return {
    id: `MR${randomBytes(10).toString('hex').toUpperCase()}`,
    secret: randomBytes(32).toString('base64url'),
  }
}

function unknownKey(keyId: string): AppError {
  return new AppError('auth.unknown-key', `the access key id '${shown(keyId)}' does not exist`, retryNever)
}

function disabledKey(keyId: string): AppError {
  return new AppError('auth.key-disabled', `the access key id '${shown(keyId)}' is disabled`, retryNever)
}

function tokensUnsupported(): AppError {
  return new AppError('auth.token-unsupported', 'this server issues no temporary credentials', retryNever)
}

function tokenNotWanted(): AppError {
  return new AppError(
    'auth.token-mismatch',
    'the security token does not belong to this access key: keys without an expiry have none',
    retryNever,
  )
}

function shown(keyId: string): string {
  return keyId.replaceAll(/[^\x21-\x7e]/g, '?')
}
