import type { Clock } from '@millrace/spi'
import type { Call } from './call.ts'
import {
  directoryOf,
  type KeyDirectory,
  type Keys,
  fcResource,
  fcSignature,
  fcStringToSign,
} from '../../auth/index.ts'

/** How long a link to code can be followed, in seconds. */
export const codeLinkSeconds = 600

/** Where packages of code are read by link. */
export const codeLinkPath = '/2016-08-15/code-packages/'

/** Who asks for a link. */
export interface LinkWish {
  readonly keyId: string
  /** Of temporary credentials; empty for others. */
  readonly token: string
  /** Where the client reached this server. */
  readonly origin: string
}

export function linkWish({ keyId, origin, headers }: Call): LinkWish {
  const token = headers['x-acs-security-token'] ?? headers['x-fc-security-token']
  return { keyId, origin, token: typeof token === 'string' ? token : '' }
}

/** Makes links by which the bearer may read a package of code for a while, as the interface promises. */
export class CodeLinks {
  readonly #keys: KeyDirectory
  readonly #clock: Clock

  constructor(credentials: Keys, clock: Clock) {
    this.#keys = directoryOf(credentials)
    this.#clock = clock
  }

  /** A link that is signed with the key of whoever asks for it; empty for a function without code of its own. */
  of({ keyId, token, origin }: LinkWish, code: string): string {
    const { key, refusal } = this.#keys.find(keyId, token)
    if (code === '' || refusal !== undefined) return ''
    const expires = String(Math.floor(this.#clock.nowMs() / 1_000) + codeLinkSeconds)
    const path = codeLinkPath + code
    const pairs = [
      ['x-fc-access-key-id', keyId],
      ['x-fc-expires', expires],
      ...(token === '' ? [] : [['x-fc-security-token', token] as const]),
    ] as const
    const text = fcStringToSign('GET', {}, expires, fcResource(path, pairs))
    const query = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value]))
    query.set('x-fc-signature', fcSignature(text, key.accessKeySecret))
    return `${origin}${path}?${query.toString()}`
  }
}
