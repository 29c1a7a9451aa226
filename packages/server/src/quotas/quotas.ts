import type { AppError, Clock, Documents } from '@millrace/spi'
import {
  busKey,
  type BusView,
  defaultBusName,
  type Quota,
  type QuotaFace,
  quotaLimit,
  type QuotaName,
  quotaNames,
  quotaOf,
  type Snapshots,
} from '../resources/index.ts'
import { CodeSizes } from './code-sizes.ts'
import { bytesExceeded, rateExceeded } from './errors.ts'
import { Rate } from './rate.ts'
import { StoredBytes } from './stored-bytes.ts'
import type { TokenBucket } from './token-bucket.ts'
import { codesOf, usageOf } from './usage.ts'

/** What quotas are told by the parts of the server whose use they limit. */
export interface QuotasParts {
  readonly snapshots: Snapshots
  readonly clock: Clock
  /** Bytes of the stored events of a bus, by its key. */
  busBytes(bus: string): number
  readonly documents: Documents
  /** Bytes of a code package, by reading it; rejects when it is not there. */
  codeBytes(code: string): Promise<number>
  /** Instances of functions that an account has now. */
  functionInstances(account: string): number
  /** Documents that compatible interfaces keep for an account. */
  foreignDocuments(account: string): number
}

/** The rates that requests are held to, each by the kind of what they ask for. */
export type RequestRate = 'requests-per-second' | 'message-requests-per-second' | 'log-writes-per-second'

/** One quota of an account, as it is shown. */
export interface QuotaState extends Quota {
  readonly name: QuotaName
  /** In force by the platform's own API. */
  readonly limit: number
  /** What it would be had it not been set. */
  readonly default: number
  readonly isSet: boolean
  /** `undefined` where only the interface that asks can count. */
  readonly used: number | undefined
}

/** How much each account may have and do, and how much it does (decision 0020). */
export class Quotas implements Disposable {
  readonly #parts: QuotasParts
  readonly #events = new Rate('events-per-second')
  readonly #busEvents = new Rate('events-per-second-per-bus', 'bus')
  /** Of interfaces that allow less than the platform's own API: besides, not instead, so that two interfaces are no way to twice as much. */
  readonly #faceEvents = new Map<QuotaFace, Rate>()
  readonly #requests: Readonly<Record<RequestRate, Rate>>
  readonly #rates: readonly Rate[]
  readonly #stored: StoredBytes
  readonly #codeSizes: CodeSizes
  readonly #subscription: Disposable

  constructor(parts: QuotasParts) {
    this.#parts = parts
    this.#stored = new StoredBytes(bus => parts.busBytes(bus))
    this.#codeSizes = new CodeSizes({
      documents: parts.documents,
      measure: code => parts.codeBytes(code),
    })
    this.#requests = {
      'requests-per-second': new Rate('requests-per-second'),
      'message-requests-per-second': new Rate('message-requests-per-second'),
      'log-writes-per-second': new Rate('log-writes-per-second'),
    }
    const { faces = {} } = quotaOf('events-per-second-per-bus')
    for (const face of Object.keys(faces) as QuotaFace[]) {
      this.#faceEvents.set(face, new Rate('events-per-second-per-bus', 'bus', face))
    }
    const requests = Object.values(this.#requests)
    this.#rates = [this.#events, this.#busEvents, ...this.#faceEvents.values(), ...requests]
    this.#follow()
    this.measure()
    this.#subscription = parts.snapshots.subscribe(() => this.#follow())
  }

  /** How much an account may have by the platform's own API. */
  limit(account: string, name: QuotaName): number {
    return quotaLimit(name, this.#set(account, name))
  }

  /** Why an account may make no further request of this kind now (`quota.rate-exceeded`); `undefined` when it may, and has. */
  takeRequest(account: string, quota: RequestRate): AppError | undefined {
    const nowMs = this.#parts.clock.nowMs()
    const bucket = this.#requests[quota].bucket(account, account, this.#parts.snapshots.current(), nowMs)
    const refusal = refusalOf(quota, bucket, 1, nowMs)
    if (refusal !== undefined) return refusal
    bucket.take(1)
    return undefined
  }

  /** The same for events that somebody publishes to a bus: all of them, or none. */
  takeEvents({ account, key }: BusView, count: number, face: QuotaFace = 'own'): AppError | undefined {
    const nowMs = this.#parts.clock.nowMs()
    const snapshot = this.#parts.snapshots.current()
    const ofAccount = this.#events.bucket(account, account, snapshot, nowMs)
    const ofBus = this.#busEvents.bucket(key, account, snapshot, nowMs)
    const ofFace = this.#faceEvents.get(face)?.bucket(key, account, snapshot, nowMs)
    const refusal =
      refusalOf('events-per-second', ofAccount, count, nowMs) ??
      refusalOf('events-per-second-per-bus', ofBus, count, nowMs) ??
      (ofFace && refusalOf('events-per-second-per-bus', ofFace, count, nowMs))
    if (refusal !== undefined) return refusal
    ofAccount.take(count)
    ofBus.take(count)
    ofFace?.take(count)
    return undefined
  }

  /**
   * Why so many bytes of events more cannot be stored (`quota.bytes-exceeded`); `undefined` when they can, and are counted. The built-in bus is
   * not asked, or whoever fills the others would go unrecorded; nor are the hidden ones, whose events were accepted already.
   */
  takeBytes({ account, name, key }: BusView, bytes: number): AppError | undefined {
    if (name === defaultBusName || !this.#parts.snapshots.current().buses.has(key)) return undefined
    const limit = this.#stored.take(account, bytes)
    return limit === undefined
      ? undefined
      : bytesExceeded('event-bytes', limit, this.#stored.of(account) + bytes)
  }

  /** Sums up stored bytes anew. Called from time to time: what retention removes counts no more from then on. */
  measure(): void {
    this.#stored.measure(this.#parts.snapshots.current())
  }

  /** Forgets the sizes of code that nothing names any more. Called from time to time. */
  async forgetCode(): Promise<void> {
    const snapshot = this.#parts.snapshots.current()
    const accounts = new Set([...snapshot.buses.values()].map(({ account }) => account))
    const named = [...accounts].flatMap(account => [...codesOf(account, snapshot)])
    await this.#codeSizes.prune(new Set(named))
  }

  /**
   * Rejects with `quota.bytes-exceeded` when the account has no room for the code that a function or layer names. `replaced` is the key of the
   * function whose code it replaces: that needs room no longer.
   */
  async checkCode(account: string, code: string, replaced?: string): Promise<void> {
    const snapshot = this.#parts.snapshots.current()
    if (code === '' || codesOf(account, snapshot).has(code)) return
    const others = codesOf(account, snapshot, replaced)
    const seen = (await this.#bytesOf(others)) + (await this.#codeSizes.bytesOf(code))
    const limit = this.limit(account, 'code-bytes')
    if (seen > limit) throw bytesExceeded('code-bytes', limit, seen)
  }

  /** Every quota of an account, with its use. */
  async states(account: string): Promise<QuotaState[]> {
    const used = await this.#used(account)
    return quotaNames.map(name => {
      const quota = quotaOf(name)
      const set = this.#set(account, name)
      return {
        ...quota,
        name,
        limit: quotaLimit(name, set),
        default: quota.limit,
        isSet: set !== undefined,
        used: used.get(name),
      }
    })
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
  }

  async #used(account: string): Promise<Map<QuotaName, number>> {
    const { snapshots, clock } = this.#parts
    const snapshot = snapshots.current()
    const nowMs = clock.nowMs()
    const rates = [this.#events, this.#busEvents, ...Object.values(this.#requests)]
    return new Map<QuotaName, number>([
      ...usageOf(account, snapshot),
      ...rates.map(rate => [rate.quota, rate.used(account, nowMs)] as const),
      ['event-bytes', this.#stored.of(account)],
      ['code-bytes', await this.#bytesOf(codesOf(account, snapshot))],
      ['function-instances', this.#parts.functionInstances(account)],
      ['foreign-documents', this.#parts.foreignDocuments(account)],
    ])
  }

  async #bytesOf(codes: Iterable<string>): Promise<number> {
    let bytes = 0
    for (const code of codes) bytes += await this.#codeSizes.bytesOf(code)
    return bytes
  }

  #set(account: string, name: QuotaName) {
    return this.#parts.snapshots.current().quotas.get(busKey(account, name))?.spec
  }

  #follow(): void {
    const snapshot = this.#parts.snapshots.current()
    const nowMs = this.#parts.clock.nowMs()
    this.#stored.follow(snapshot)
    for (const rate of this.#rates) rate.follow(snapshot, nowMs)
  }
}

function refusalOf(
  quota: QuotaName,
  bucket: TokenBucket,
  count: number,
  nowMs: number,
): AppError | undefined {
  const waitMs = bucket.waitMs(count, nowMs)
  return waitMs === 0 ? undefined : rateExceeded(quota, bucket.perSecond, waitMs)
}
