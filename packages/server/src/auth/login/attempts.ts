import { AppError, type Clock } from '@millrace/spi'

export interface AttemptLimits {
  /** Failures after which one name is locked. */
  readonly failuresPerNameMax: number
  /** Failures after which one address is locked; higher, for many people may be behind one. */
  readonly failuresPerAddressMax: number
  /** A lock ends so long after the first failure that it counts. */
  readonly windowMs: number
  /** Names that are counted, and as many addresses; the oldest is forgotten for a new one. */
  readonly countedMax: number
}

export const defaultAttemptLimits: AttemptLimits = {
  failuresPerNameMax: 10,
  failuresPerAddressMax: 100,
  windowMs: 15 * 60_000,
  countedMax: 20_000,
}

/** Counts failed attempts to sign in, by name and by address, whether the name is anybody's or not. */
export class LoginAttempts {
  readonly #names: Counts
  readonly #addresses: Counts

  constructor(clock: Clock, limits: AttemptLimits = defaultAttemptLimits) {
    // Apart, so that names, which are anybody's choice, cannot drive out addresses.
    this.#names = new Counts(clock, limits, limits.failuresPerNameMax)
    this.#addresses = new Counts(clock, limits, limits.failuresPerAddressMax)
  }

  /**
   * Begins an attempt, which counts as failed until it is known better: attempts at the same time must not get past the limit together.
   * Throws `login.too-many-attempts` without counting.
   */
  begin(name: string, address: string): Attempt {
    const network = networkOf(address)
    this.#names.check(name)
    this.#addresses.check(network)
    const uncountName = this.#names.count(name)
    const uncountAddress = this.#addresses.count(network)
    return {
      uncount() {
        uncountName()
        uncountAddress()
      },
    }
  }
}

export interface Attempt {
  /** It did not fail, or nobody guessed anything. */
  uncount(): void
}

interface Count {
  failures: number
  readonly endsAtMs: number
}

class Counts {
  readonly #clock: Clock
  readonly #limits: AttemptLimits
  readonly #failuresMax: number
  /** In the order in which their time ends, since all have the same. */
  readonly #counts = new Map<string, Count>()

  constructor(clock: Clock, limits: AttemptLimits, failuresMax: number) {
    this.#clock = clock
    this.#limits = limits
    this.#failuresMax = failuresMax
  }

  check(key: string): void {
    const limit = this.#failuresMax
    const count = this.#current(key)
    if (count === undefined || count.failures < limit) return
    const delayMs = count.endsAtMs - this.#clock.nowMs()
    throw new AppError(
      'login.too-many-attempts',
      `${limit} attempts to sign in failed; the next may be made in ${Math.ceil(delayMs / 1_000)} s`,
      { kind: 'after', delayMs },
      { details: { limit } },
    )
  }

  /** Takes it back when it is called. */
  count(key: string): () => void {
    const count = this.#current(key) ?? this.#begin(key)
    count.failures++
    return () => {
      count.failures--
      if (count.failures === 0 && this.#counts.get(key) === count) this.#counts.delete(key)
    }
  }

  #begin(key: string): Count {
    const [oldest] = this.#counts.keys()
    if (this.#counts.size >= this.#limits.countedMax && oldest !== undefined) this.#counts.delete(oldest)
    const count = { failures: 0, endsAtMs: this.#clock.nowMs() + this.#limits.windowMs }
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

/** One person has all the addresses of an IPv6 network of 64 bits. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [start = ''] = address.split('::', 1)
  return `${start.split(':').slice(0, 4).join(':')}::/64`
}
