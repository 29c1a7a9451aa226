import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { busy } from './errors.ts'

/** What one hash costs: 32 MiB of memory, three times over. */
export interface HashCost {
  /** N of scrypt: a power of two. */
  readonly cost: number
  /** r of scrypt. */
  readonly blockSize: number
  /** p of scrypt. */
  readonly parallelization: number
}

export const defaultHashCost: HashCost = { cost: 2 ** 15, blockSize: 8, parallelization: 3 }

/** Hashes that are computed at once: each holds 32 MiB and one of the few threads that files need, too. */
export const hashesAtOnceMax = 2
/** Hashes that wait for their turn; further ones are refused with `login.busy`. */
export const hashesWaitingMax = 32

const saltBytes = 16
const digestBytes = 32

/**
 * Turns passwords into what may be stored, and compares; off the event loop. A stored hash names its own cost, so that the cost can be
 * raised without making old passwords useless.
 */
export class PasswordHasher {
  readonly #cost: HashCost
  readonly #nobody: string
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(cost: HashCost = defaultHashCost) {
    this.#cost = cost
    this.#nobody = encode(cost, randomBytes(saltBytes), randomBytes(digestBytes))
  }

  /** Rejects with `login.busy`. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes)
    return encode(this.#cost, salt, await this.#derive(password, this.#cost, salt))
  }

  /**
   * Whether the password is the one of the hash. Without a hash it takes as long, and is false: so the time does not tell who has a
   * password. Rejects with `login.busy`.
   */
  async isSame(password: string, stored: string | undefined): Promise<boolean> {
    const { cost, salt, digest } = decode(stored ?? this.#nobody)
    const derived = await this.#derive(password, cost, salt)
    return timingSafeEqual(derived, digest) && stored !== undefined
  }

  async #derive(password: string, cost: HashCost, salt: Buffer): Promise<Buffer> {
    await this.#turn()
    try {
      return await derive(password, cost, salt)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  /** Whoever ends hands the turn on, so the number that runs stays. */
  async #turn(): Promise<void> {
    if (this.#running < hashesAtOnceMax) {
      this.#running++
      return
    }
    if (this.#waiting.length >= hashesWaitingMax) throw busy(hashesWaitingMax)
    await new Promise<void>(resolve => this.#waiting.push(resolve))
  }
}

function derive(
  password: string,
  { cost, blockSize, parallelization }: HashCost,
  salt: Buffer,
): Promise<Buffer> {
  const options = { cost, blockSize, parallelization, maxmem: 2 * 128 * cost * blockSize }
  return new Promise((resolve, reject) => {
    // The same letters can be typed as different code points.
    scrypt(password.normalize('NFKC'), salt, digestBytes, options, (error, digest) => {
      if (error === null) resolve(digest)
      else reject(error)
    })
  })
}

function encode({ cost, blockSize, parallelization }: HashCost, salt: Buffer, digest: Buffer): string {
  const numbers = [cost, blockSize, parallelization]
  return ['scrypt', ...numbers, salt.toString('base64url'), digest.toString('base64url')].join('$')
}

function decode(stored: string) {
  const [, cost, blockSize, parallelization, salt = '', digest = ''] = stored.split('$')
  return {
    cost: {
      cost: Number(cost),
      blockSize: Number(blockSize),
      parallelization: Number(parallelization),
    },
    salt: Buffer.from(salt, 'base64url'),
    digest: Buffer.from(digest, 'base64url'),
  }
}
