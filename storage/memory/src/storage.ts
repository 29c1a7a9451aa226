import {
  type Clock,
  DocumentWatchers,
  type EventLog,
  type Documents,
  type Blobs,
  type Leases,
  LocalLeases,
  type Queue,
  type Storage,
  systemClock,
} from '@millrace/spi'
import { MemoryBlobs } from './blobs.ts'
import { MemoryDocuments } from './documents.ts'
import { Durability, type DurabilityHooks } from './durability.ts'
import { MemoryEventLog } from './event-log.ts'
import { MemoryQueue } from './queue.ts'
import { State } from './state.ts'
import type { Write } from './write.ts'

/** How the model behaves. Everything is optional; the default store keeps all, loses nothing and syncs at once. */
export interface MemoryStorageOptions {
  /** Ignored: this driver has no files. Taken so that all drivers are opened alike. */
  readonly path?: string
  /**
   * Limit of payload bytes, each delivery counted as 64; above it writes are refused with `storage.full`, commits of
   * queues a sixteenth later. Default: none.
   */
  readonly bytesMax?: number
  /** Whether each write starts a sync in the same turn. When false, only `sync()` makes anything durable. Default true. */
  readonly autoSync?: boolean
  /**
   * Called when a sync begins, with the number of writes that it covers; they become durable when it resolves. When it
   * rejects, whoever waits for durability gets `storage.failed`, and so does every later write until the store is reopened.
   */
  readonly sync?: (writes: number) => Promise<void>
  /** Called before a write is applied; what it throws goes to the caller of the port, and nothing is written. */
  readonly beforeWrite?: (kind: Write['kind']) => void
  /** Time for leases. Default: the system's clock. */
  readonly clock?: Clock
}

/** The model, with what a simulation needs besides the ports. */
export interface MemoryStorage extends Storage {
  /** Writes that are visible and not yet durable. */
  readonly pendingWrites: number
  /** Makes all writes made so far durable, by way of the `sync` hook; waits for a sync under way first. */
  sync(): Promise<void>
  /**
   * Ends this store as a crash would: later calls and whoever waits get `storage.closed`. Returns a new store that holds
   * exactly the durable writes and the first `keepPending` (0 to `pendingWrites`, default 0) of the others, across all
   * ports. The new one has the same options unless others are given.
   */
  crash(keepPending?: number, options?: MemoryStorageOptions): MemoryStorage
}

/** Opens an empty store in memory: the reference model of the storage contract, and a model of durability. */
export function openStorage(options: MemoryStorageOptions = {}): Promise<MemoryStorage> {
  return Promise.resolve(new MemoryStore(new State(), options))
}

class MemoryStore implements MemoryStorage {
  readonly log: EventLog
  readonly queue: Queue
  readonly documents: Documents
  readonly leases: Leases
  readonly blobs: Blobs
  readonly #options: MemoryStorageOptions
  readonly #store: Durability

  /** Starts with the writes of `durable`, all of them durable. */
  constructor(durable: State, options: MemoryStorageOptions) {
    const hooks: DurabilityHooks = {
      autoSync: options.autoSync ?? true,
      sync: options.sync,
      beforeWrite: options.beforeWrite,
      bytesMax: options.bytesMax ?? Number.POSITIVE_INFINITY,
    }
    this.#options = options
    this.#store = new Durability(durable.clone(), durable, hooks)
    this.log = new MemoryEventLog(this.#store)
    this.queue = new MemoryQueue(this.#store)
    this.documents = new MemoryDocuments(this.#store, new DocumentWatchers())
    this.leases = new LocalLeases(options.clock ?? systemClock)
    this.blobs = new MemoryBlobs(this.#store)
  }

  get pendingWrites(): number {
    return this.#store.pendingWrites
  }

  sync(): Promise<void> {
    return this.#store.sync()
  }

  crash(keepPending = 0, options: MemoryStorageOptions = this.#options): MemoryStorage {
    return new MemoryStore(this.#store.crash(keepPending), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.sync().catch(() => undefined)
    this.#store.close()
  }
}
