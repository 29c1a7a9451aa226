import { hash, timingSafeEqual } from 'node:crypto'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import type { Identity } from '../../auth/index.ts'

/** How long a link to code can be followed, in seconds. */
export const codeLinkSeconds = 600

/** Where packages of code are read by link. */
export const codeLinkPath = '/2016-08-15/code-packages/'

/**
 * Links by which the bearer may read one package of code for a while, as the interface promises. They are signed with a key that only this
 * server has: a caller's own would let whoever knows the name of a package sign a link to it.
 */
export class CodeLinks {
  readonly #stamp: Identity['stamp']
  readonly #clock: Clock

  constructor(stamp: Identity['stamp'], clock: Clock) {
    this.#stamp = stamp
    this.#clock = clock
  }

  /** `origin` is where the client reached this server. Empty for a function without code of its own. */
  of(origin: string, code: string): string {
    if (code === '') return ''
    const expires = String(Math.floor(this.#clock.nowMs() / 1_000) + codeLinkSeconds)
    const query = new URLSearchParams({ expires, signature: this.#signature(code, expires) })
    return `${origin}${codeLinkPath}${code}?${query.toString()}`
  }

  /** Throws `auth.signature-mismatch` for a link that this server has not made, and `auth.signature-expired` for one that is over. */
  check(code: string, query: URLSearchParams): void {
    const expires = query.get('expires') ?? ''
    const given = Buffer.from(query.get('signature') ?? '')
    const expected = Buffer.from(this.#signature(code, expires))
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new AppError('auth.signature-mismatch', 'the link was not made by this server', retryNever)
    }
    if (this.#clock.nowMs() <= Number(expires) * 1_000) return
    throw new AppError('auth.signature-expired', 'the link has expired', retryNever, {
      details: { limit: codeLinkSeconds, seen: expires },
    })
  }

  #signature(code: string, expires: string): string {
    return hash('sha256', this.#stamp(`link to code\n${code}\n${expires}`))
  }
}
