import { AppError, type Clock } from '@millrace/spi'

export interface AttemptLimits {
  /** Failures after which one name is locked. */
  readonly failuresPerNameMax: number
  /** Failures after which one address is locked; higher, for many people may be behind one. */
  readonly failuresPerAddressMax: number
  /** A lock ends so long after the first failure that it counts. */
  readonly windowMs: number
  /** Names and addresses that are counted; the oldest is forgotten for a new one. */
  readonly countedMax: number
}

export const defaultAttemptLimits: AttemptLimits = {
  failuresPerNameMax: 10,
  failuresPerAddressMax: 100,
  windowMs: 15 * 60_000,
  countedMax: 20_000,
}

interface Count {
  failures: number
  readonly endsAtMs: number
}

/** Counts failed attempts to sign in, by name and by address, whether the name is anybody's or not. */
export class LoginAttempts {
  readonly #clock: Clock
  readonly #limits: AttemptLimits
  /** In the order in which their time ends, since all have the same. */
  readonly #counts = new Map<string, Count>()

  constructor(clock: Clock, limits: AttemptLimits = defaultAttemptLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /**
   * Begins an attempt, which counts as failed until it is known better: attempts at the same time must not get past the limit together.
   * Throws `login.too-many-attempts` without counting.
   */
  begin(name: string, address: string): Attempt {
    const { failuresPerNameMax, failuresPerAddressMax } = this.#limits
    const keys = [
      [`name ${name}`, failuresPerNameMax],
      [`address ${networkOf(address)}`, failuresPerAddressMax],
    ] as const
    for (const [key, max] of keys) this.#check(key, max)
    const counts = keys.map(([key]) => this.#count(key))
    return {
      uncount: () => {
        for (const count of counts) count.failures--
      },
    }
  }

  #check(key: string, max: number): void {
    const count = this.#current(key)
    if (count === undefined || count.failures < max) return
    const delayMs = count.endsAtMs - this.#clock.nowMs()
    throw new AppError(
      'login.too-many-attempts',
      `${max} attempts to sign in failed; the next may be made in ${Math.ceil(delayMs / 1_000)} s`,
      { kind: 'after', delayMs },
      { details: { limit: max } },
    )
  }

  #count(key: string): Count {
    const known = this.#current(key)
    if (known !== undefined) {
      known.failures++
      return known
    }
    const [oldest] = this.#counts.keys()
    if (this.#counts.size >= this.#limits.countedMax && oldest !== undefined) this.#counts.delete(oldest)
    const count = { failures: 1, endsAtMs: this.#clock.nowMs() + this.#limits.windowMs }
    this.#counts.set(key, count)
    return count
  }

  #current(key: string): Count | undefined {
    const count = this.#counts.get(key)
    if (count === undefined || count.endsAtMs > this.#clock.nowMs()) return count
    this.#counts.delete(key)
    return undefined
  }
}

export interface Attempt {
  /** It did not fail, or nobody guessed anything. */
  uncount(): void
}

/** One person has all the addresses of an IPv6 network of 64 bits. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [start = ''] = address.split('::', 1)
  return `${start.split(':').slice(0, 4).join(':')}::/64`
}
