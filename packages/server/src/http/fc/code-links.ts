import type { Clock } from '@millrace/spi'
import { type Credential, fcResource, fcSignature, fcStringToSign } from '../../auth/index.ts'

/** How long a link to code can be followed, in seconds. */
export const codeLinkSeconds = 600

/** Where packages of code are read by link. */
export const codeLinkPath = '/2016-08-15/code-packages/'

/** Makes links by which the bearer may read a package of code for a while, as the interface promises. */
export class CodeLinks {
  readonly #secrets: ReadonlyMap<string, string>
  readonly #clock: Clock

  constructor(credentials: readonly Credential[], clock: Clock) {
    this.#secrets = new Map(
      credentials.map(({ accessKeyId, accessKeySecret }) => [accessKeyId, accessKeySecret]),
    )
    this.#clock = clock
  }

  /** A link that is signed with the key of whoever asks for it; empty for a function without code of its own. */
  of(keyId: string, origin: string, code: string): string {
    const secret = this.#secrets.get(keyId)
    if (code === '' || secret === undefined) return ''
    const expires = String(Math.floor(this.#clock.nowMs() / 1_000) + codeLinkSeconds)
    const path = codeLinkPath + code
    const pairs = [
      ['x-fc-access-key-id', keyId],
      ['x-fc-expires', expires],
    ] as const
    const text = fcStringToSign('GET', {}, expires, fcResource(path, pairs))
    const query = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value]))
    query.set('x-fc-signature', fcSignature(text, secret))
    return `${origin}${path}?${query.toString()}`
  }
}
