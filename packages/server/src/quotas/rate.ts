import { quotaLimit, type QuotaFace, type QuotaName, busKey, type Snapshot } from '../resources/index.ts'
import { TokenBucket } from './token-bucket.ts'

interface Kept {
  readonly account: string
  readonly bucket: TokenBucket
}

/** One rate of all accounts: a bucket for each account, or for each bus, made when it is first asked. */
export class Rate {
  readonly quota: QuotaName
  readonly #face: QuotaFace
  readonly #of: 'account' | 'bus'
  readonly #kept = new Map<string, Kept>()

  constructor(quota: QuotaName, of: 'account' | 'bus' = 'account', face: QuotaFace = 'own') {
    this.quota = quota
    this.#of = of
    this.#face = face
  }

  /** `key` is the account, or that of the bus. */
  bucket(key: string, account: string, snapshot: Snapshot, nowMs: number): TokenBucket {
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept.bucket
    const bucket = new TokenBucket(this.#limit(account, snapshot), nowMs)
    this.#kept.set(key, { account, bucket })
    return bucket
  }

  /** The most that was taken of late, by one of the keys of an account. */
  used(account: string, nowMs: number): number {
    let most = 0
    for (const { account: owner, bucket } of this.#kept.values()) {
      if (owner === account) most = Math.max(most, bucket.used(nowMs))
    }
    return most
  }

  /** Takes over the limits of a snapshot, and forgets buses that are gone. */
  follow(snapshot: Snapshot, nowMs: number): void {
    for (const [key, { account, bucket }] of this.#kept) {
      if (this.#of === 'bus' && !snapshot.buses.has(key)) this.#kept.delete(key)
      else bucket.setRate(this.#limit(account, snapshot), nowMs)
    }
  }

  #limit(account: string, snapshot: Snapshot): number {
    return quotaLimit(this.quota, snapshot.quotas.get(busKey(account, this.quota))?.spec, this.#face)
  }
}
