import { randomBytes } from 'node:crypto'
import type { AppError } from '@millrace/spi'
import type { Actor } from './actor.ts'
import type { Credential } from './credentials.ts'

/** A key with whom it stands for. */
export interface KnownKey extends Credential {
  readonly actor: Actor
}

/** What became of looking for a key. */
export interface KeyFound {
  /** By which to compute the signature; a key that nobody has when there is none, so that the time is the same. */
  readonly key: KnownKey
  /** Why the key does not count, whatever the signature. */
  readonly refusal: AppError | undefined
}

/** Where all schemes look for keys. */
export interface KeyDirectory {
  /** That have keys of their own. */
  readonly accounts: readonly string[]
  /** `token` is the security token that came with the request: keys that begin with `STS.` need one, others must have none. */
  find(keyId: string, token?: string): KeyFound
}

/** Stands in for a key that is not there: its secret is known to nobody, and nothing is allowed to it. */
export const nobody: KnownKey = {
  accessKeyId: 'nobody',
  accessKeySecret: randomBytes(32).toString('base64url'),
  account: 'nobody',
  actor: { kind: 'user', name: 'nobody' },
}

export function refused(refusal: AppError): KeyFound {
  return { key: nobody, refusal }
}
