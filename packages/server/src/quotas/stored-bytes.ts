import { busKey, defaultBusName, quotaLimit, type Snapshot } from '../resources/index.ts'

interface Stored {
  bytes: number
  limit: number
}

/**
 * Bytes of stored events by account. They are summed up from time to time, for retention takes some away, and counted on in between: so to
 * ask is one look into a map.
 */
export class StoredBytes {
  readonly #busBytes: (bus: string) => number
  readonly #accounts = new Map<string, Stored>()

  constructor(busBytes: (bus: string) => number) {
    this.#busBytes = busBytes
  }

  of(account: string): number {
    return this.#accounts.get(account)?.bytes ?? 0
  }

  /** Counts them in, and gives back the limit when they are too many; then they are not counted. */
  take(account: string, bytes: number): number | undefined {
    const stored = this.#accounts.get(account)
    if (stored === undefined) return undefined
    if (stored.bytes + bytes > stored.limit) return stored.limit
    stored.bytes += bytes
    return undefined
  }

  /** Sums up what the logs hold now. */
  measure({ buses }: Snapshot): void {
    for (const stored of this.#accounts.values()) stored.bytes = 0
    for (const { account, name, key } of buses.values()) {
      if (name === defaultBusName) continue
      const stored = this.#accounts.get(account)
      if (stored !== undefined) stored.bytes += this.#busBytes(key)
    }
  }

  /** Takes over the limits of a snapshot. Every account has a bus, the built-in one. */
  follow({ buses, quotas }: Snapshot): void {
    for (const { account } of buses.values()) {
      const limit = quotaLimit('event-bytes', quotas.get(busKey(account, 'event-bytes'))?.spec)
      const stored = this.#accounts.get(account)
      if (stored === undefined) this.#accounts.set(account, { bytes: 0, limit })
      else stored.limit = limit
    }
  }
}
