import { AppError, type Clock, type Documents, retryNever } from '@millrace/spi'
import type { SecretBox } from '../secret-box.ts'
import type { LoginSource } from './login-source.ts'
import type { PasswordHasher } from './password-hash.ts'
import { storedUnder } from './stored.ts'

export const passwordLengthMin = 12
export const passwordLengthMax = 256

/** First word of the keys of these documents. */
const kind = 'console-password'

interface StoredPassword {
  readonly sealedHash: string
  /** Whose it is: a user of the same name that was made later has none. */
  readonly userCreatedAtMs: number
  readonly changedAtMs: number
}

export interface PasswordsParts {
  readonly documents: Documents
  /** A box of this purpose alone. */
  readonly box: SecretBox
  readonly source: () => LoginSource
  readonly hasher: PasswordHasher
  readonly clock: Clock
}

/** The passwords of users for the console, hashed and sealed. They are never given back. */
export class Passwords {
  readonly #parts: PasswordsParts
  /** By `account/name`. */
  readonly #stored = new Map<string, StoredPassword>()

  private constructor(parts: PasswordsParts) {
    this.#parts = parts
  }

  static async open(parts: PasswordsParts): Promise<Passwords> {
    const passwords = new Passwords(parts)
    for await (const { names, value } of storedUnder(parts.documents, kind)) {
      passwords.#stored.set(names.join('/'), value as StoredPassword)
    }
    await passwords.#forgetOrphans()
    return passwords
  }

  /** Durable and in force when it resolves. The user must be there. Rejects with `login.password-invalid` and `login.busy`. */
  async set(account: string, user: string, password: string): Promise<{ readonly changedAtMs: number }> {
    checkLength(password)
    const { source, hasher, box, clock, documents } = this.#parts
    const key = `${account}/${user}`
    const userCreatedAtMs = source().users.get(key)?.createdAtMs ?? 0
    const sealedHash = box.seal(await hasher.hash(password))
    // Each has a moment of its own, for sessions stand on it.
    const changedAtMs = Math.max(clock.nowMs(), (this.#stored.get(key)?.changedAtMs ?? 0) + 1)
    const stored: StoredPassword = { sealedHash, userCreatedAtMs, changedAtMs }
    await this.#forgetOrphans()
    await documents.put(`${kind}/${key}`, stored)
    this.#stored.set(key, stored)
    return { changedAtMs }
  }

  /** Whether there was one. */
  async remove(account: string, user: string): Promise<boolean> {
    const wasThere = this.changedAtMs(account, user) !== undefined
    await this.#forget(`${account}/${user}`)
    return wasThere
  }

  /** When the password was set; `undefined` when there is none. */
  changedAtMs(account: string, user: string): number | undefined {
    return this.#current(`${account}/${user}`)?.changedAtMs
  }

  /** Takes as long for whoever is not there. Rejects with `login.busy`. */
  isRight(account: string, user: string, password: string): Promise<boolean> {
    const { hasher, box } = this.#parts
    const isTooLong = password.length > passwordLengthMax
    const stored = isTooLong ? undefined : this.#current(`${account}/${user}`)
    return hasher.isSame(
      password.slice(0, passwordLengthMax),
      stored === undefined ? undefined : box.open(stored.sealedHash),
    )
  }

  #current(key: string): StoredPassword | undefined {
    const stored = this.#stored.get(key)
    const user = this.#parts.source().users.get(key)
    return stored?.userCreatedAtMs === user?.createdAtMs ? stored : undefined
  }

  /** There are never more than users, even if these come and go. */
  async #forgetOrphans(): Promise<void> {
    if (this.#stored.size <= this.#parts.source().users.size) return
    for (const key of this.#stored.keys()) {
      if (this.#current(key) === undefined) await this.#forget(key)
    }
  }

  async #forget(key: string): Promise<void> {
    this.#stored.delete(key)
    await this.#parts.documents.delete(`${kind}/${key}`)
  }
}

function checkLength(password: string): void {
  const { length } = password
  if (length >= passwordLengthMin && length <= passwordLengthMax) return
  throw new AppError(
    'login.password-invalid',
    `a password has ${passwordLengthMin} to ${passwordLengthMax} characters, not ${length}`,
    retryNever,
    {
      details: {
        path: 'password',
        limit: length < passwordLengthMin ? passwordLengthMin : passwordLengthMax,
        seen: length,
      },
    },
  )
}
