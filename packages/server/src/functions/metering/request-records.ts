import type { Metering } from '../invoke/index.ts'
import type { InvocationEnding, InvocationIdentity, InvocationObserver } from './observer.ts'

/** One invocation, as function-compute section 10.2 has it. */
export interface RequestRecord {
  readonly requestId: string
  readonly version: string
  readonly qualifier: string | undefined
  readonly calledAtMs: number
  readonly ending: InvocationEnding
  readonly errorType: string | undefined
  readonly metering: Metering
}

export interface RequestRecordsLimits {
  /** Newest invocations that are kept of one function. */
  readonly recordsPerFunction: number
  /** Of all functions together; the one that was called longest ago loses its records first. */
  readonly recordsMax: number
}

export const defaultRequestRecordsLimits: RequestRecordsLimits = {
  recordsPerFunction: 1_000,
  recordsMax: 50_000,
}

interface Ring {
  readonly records: RequestRecord[]
  /** Place of the oldest, once the ring is full. */
  next: number
}

/** The newest invocations of each function, in memory. */
export class RequestRecords implements InvocationObserver {
  readonly #limits: RequestRecordsLimits
  readonly #rings = new Map<string, Ring>()
  #count = 0

  constructor(limits: RequestRecordsLimits) {
    this.#limits = limits
  }

  invoked(key: string, ending: InvocationEnding, metering: Metering, identity: InvocationIdentity): void {
    const { requestId, qualifier, calledAtMs, errorType } = identity
    const { version } = metering
    const record = { requestId, version, qualifier, calledAtMs, ending, errorType, metering }
    let ring = this.#rings.get(key)
    if (ring === undefined) this.#rings.set(key, (ring = { records: [], next: 0 }))
    if (ring.records.length < this.#limits.recordsPerFunction) {
      ring.records.push(record)
      this.#count++
      if (this.#count > this.#limits.recordsMax) this.#shrink(key)
      return
    }
    ring.records[ring.next] = record
    ring.next = (ring.next + 1) % ring.records.length
  }

  refused(): void {}

  cancelled(): void {}

  /** The newest `limit`, newest first. */
  read(key: string, limit: number): RequestRecord[] {
    const ring = this.#rings.get(key)
    if (ring === undefined) return []
    const { records, next } = ring
    return [...records.slice(next), ...records.slice(0, next)].slice(-limit).reverse()
  }

  forget(key: string): void {
    this.#count -= this.#rings.get(key)?.records.length ?? 0
    this.#rings.delete(key)
  }

  #shrink(spared: string): void {
    let oldest: string | undefined
    let oldestMs = Number.POSITIVE_INFINITY
    for (const [key, { records, next }] of this.#rings) {
      const newest = records[(next + records.length - 1) % records.length]
      if (key === spared || newest === undefined || newest.calledAtMs >= oldestMs) continue
      oldest = key
      oldestMs = newest.calledAtMs
    }
    if (oldest !== undefined) this.forget(oldest)
    else {
      const ring = this.#rings.get(spared)
      ring?.records.shift()
      this.#count--
    }
  }
}
