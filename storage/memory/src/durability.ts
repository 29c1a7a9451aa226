import { AppError, assert, retryBackoff, retryNever } from '@millrace/spi'
import { State } from './state.ts'
import type { Write } from './write.ts'

/** What may be injected into the model; see `MemoryStorageOptions` for the promises. */
export interface DurabilityHooks {
  readonly autoSync: boolean
  readonly sync: ((writes: number) => Promise<void>) | undefined
  readonly beforeWrite: ((kind: Write['kind']) => void) | undefined
  readonly bytesMax: number
}

/** How far commits may go beyond the limit; see `Queue.commit`. */
const commitReserveFactor = 17 / 16

interface Waiter {
  readonly upTo: number
  readonly resolve: () => void
  readonly reject: (error: AppError) => void
}

/**
 * Writes with durability modelled as a thing apart from visibility. `visible` is what readers see; `durable` is what a
 * crash leaves at least; `pending` are the writes between the two, in order. A sync that ends well moves all writes
 * made before it began from `pending` into `durable`.
 */
export class Durability {
  readonly visible: State
  readonly #durable: State
  readonly #hooks: DurabilityHooks
  #pending: Write[] = []
  /** Number of the last write made and of the last one durable. */
  #made = 0
  #synced = 0
  #waiters: Waiter[] = []
  #syncing: Promise<void> | undefined
  #scheduled = false
  #closed = false
  #failure: AppError | undefined

  constructor(visible: State, durable: State, hooks: DurabilityHooks) {
    this.visible = visible
    this.#durable = durable
    this.#hooks = hooks
  }

  get pendingWrites(): number {
    return this.#pending.length
  }

  /** Throws when the store is closed or a sync failed before; reads call it, too. */
  checkOpen(): void {
    if (this.#closed) throw new AppError('storage.closed', 'The storage is closed.', retryNever)
  }

  /** Makes a write visible at once. Throws, with nothing changed, when there is no room or a fault was injected. */
  write(write: Write, addedBytes: number): void {
    this.checkOpen()
    if (this.#failure !== undefined) throw this.#failure
    this.#hooks.beforeWrite?.(write.kind)
    const bytes = this.visible.bytes + addedBytes
    const limit = write.kind === 'commit' ? this.#hooks.bytesMax * commitReserveFactor : this.#hooks.bytesMax
    if (addedBytes > 0 && bytes > limit) {
      throw new AppError(
        'storage.full',
        `The write would bring the storage to ${bytes} bytes; the limit is ${this.#hooks.bytesMax}.`,
        retryBackoff,
        { details: { bytesMax: this.#hooks.bytesMax, bytes } },
      )
    }
    this.visible.apply(write)
    this.#pending.push(write)
    this.#made += 1
    this.#schedule()
  }

  /** Resolves when everything written so far is durable. */
  async flushed(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#synced === this.#made) return
    return new Promise((resolve, reject) => this.#waiters.push({ upTo: this.#made, resolve, reject }))
  }

  /** One sync of everything written so far, after the one under way. */
  async sync(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => undefined)
    if (this.#failure !== undefined) throw this.#failure
    this.#syncing = this.#syncOnce()
    try {
      await this.#syncing
    } finally {
      this.#syncing = undefined
    }
  }

  /** Ends this store as a crash does; returns the state of the first `kept` pending writes on top of the durable ones. */
  crash(kept: number): State {
    assert(
      kept >= 0 && kept <= this.#pending.length,
      `a crash can keep 0 to ${this.#pending.length} pending writes`,
    )
    for (const write of this.#pending.slice(0, kept)) this.#durable.apply(write)
    this.close()
    return this.#durable
  }

  close(): void {
    this.#closed = true
    this.#rejectAll(
      new AppError('storage.closed', 'The storage was closed before the write was durable.', retryNever),
    )
  }

  #schedule(): void {
    if (!this.#hooks.autoSync || this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      // A failure reaches whoever waits for durability, and every later write.
      if (!this.#closed && this.#synced < this.#made) this.sync().catch(() => undefined)
    })
  }

  async #syncOnce(): Promise<void> {
    const upTo = this.#made
    const count = upTo - this.#synced
    if (count === 0 || this.#closed) return
    try {
      await this.#hooks.sync?.(count)
    } catch (cause) {
      this.#failure = new AppError(
        'storage.failed',
        'A sync failed; the storage must be reopened.',
        retryBackoff,
        { cause },
      )
      this.#rejectAll(this.#failure)
      throw this.#failure
    }
    if (this.#closed) return
    for (const write of this.#pending.splice(0, count)) this.#durable.apply(write)
    this.#synced = upTo
    const done = this.#waiters.filter(waiter => waiter.upTo <= upTo)
    this.#waiters = this.#waiters.filter(waiter => waiter.upTo > upTo)
    for (const waiter of done) waiter.resolve()
  }

  #rejectAll(error: AppError): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(error)
  }
}
