/**
 * What a storage driver promises to the engine. Four ports of at most six methods; a driver exports one factory
 * that returns them all. Keys and values are the engine's; a driver knows nothing of events, rules or JSON.
 *
 * The one promise that everything rests on: **writes of one driver become durable in the order in which they were
 * made, across all its ports.** After a crash a prefix of them is there, and that prefix contains every write whose
 * durable promise had resolved. A write is made when its method is called; what a call hands over (bytes, entries,
 * deliveries) must not be changed before its promise settles.
 *
 * Any method may reject with `storage.closed` after disposal. A write may reject with `storage.full` (no room),
 * `storage.busy` (too many writes wait) or `storage.invalid` (a name of 0 or more than 500 bytes as UTF-8, a value above
 * its limit); then nothing of it was written and the store goes on. After `storage.failed` (the disk did not do what it
 * should) it is not known what a crash would leave, and every later write rejects alike until the store is
 * opened again; reads may.
 * A read rejects with `storage.corrupt` when stored bytes do not fit their checksum.
 */

/** Appended to a log: opaque bytes, none included, and the time of acceptance, which `seek` and retention by age go by. */
export interface NewEntry {
  readonly bytes: Uint8Array
  readonly acceptedAtMs: number
}

/** An entry as read back. Positions of one log start at 1, have no gaps, and are never used twice. */
export interface LogEntry extends NewEntry {
  readonly position: number
}

export interface LogStat {
  /** Position of the oldest retained entry; equals `next` when there is none. */
  readonly first: number
  /** Position that the next appended entry will get. */
  readonly next: number
  /** Bytes of the retained entries (payload, without the driver's overhead). */
  readonly bytes: number
}

export interface ReadLimits {
  readonly entriesMax: number
  readonly bytesMax: number
}

/**
 * Append-only logs by name; a log exists once something was appended to it.
 * Bytes handed out are the reader's own copies or stay valid for good: no view into memory that changes.
 */
export interface EventLog {
  /**
   * Appends all entries or none, and resolves with the first one's position when they are on stable storage
   * (`durable`, the default) or merely visible (`relaxed`). Concurrent appends share one flush (group commit).
   * Rejects with `storage.full` when there is no room; then nothing was written. Appending no entries writes nothing and
   * resolves with the next position.
   */
  append(log: string, entries: readonly NewEntry[], durability?: 'durable' | 'relaxed'): Promise<number>
  /** Entries from a position on, in order; at least one if there is one, even above `bytesMax`. Trimmed ones are passed over. */
  read(log: string, from: number, limits: ReadLimits): Promise<LogEntry[]>
  /** Entries at the given ascending positions, `undefined` where trimmed or not yet written. */
  get(log: string, positions: readonly number[]): Promise<(LogEntry | undefined)[]>
  /**
   * Position of the first retained entry accepted at or after the time; `next` when there is none. Times may step back
   * from entry to entry, as clocks do.
   */
  seek(log: string, acceptedAtMs: number): Promise<number>
  /** Removes entries below a position. A driver may keep a few more than asked (whole blocks), never fewer. `Infinity` empties the log; positions go on. */
  trim(log: string, beforePosition: number): Promise<void>
  stat(log: string): Promise<LogStat>
}

/** One pending delivery: a reference into a log. Its identity is (queue, position). */
export interface Delivery {
  readonly position: number
  /** What the engine knows of earlier attempts: a whole number below 2^32, 0 for a delivery that is new. */
  readonly attempts: number
  /** Not to be attempted before this time; 0 for one that is not put off. With `lane` it decides which view shows it. */
  readonly dueAtMs: number
  /** When the delivery came into being; the age limit of retries counts from here. */
  readonly enqueuedAtMs: number
  /** Set while the delivery waits in a lane (order by key); 1 to 500 bytes as UTF-8. */
  readonly lane: string | undefined
}

/**
 * One atomic change of queues, cursors and journals. All of it is applied or nothing, in the order of the fields: a
 * delivery that is both put and removed is gone; of two puts of one delivery the last counts.
 */
export interface QueueChange {
  /** Cursors to move (name → position). */
  readonly cursors?: readonly { readonly name: string; readonly position: number }[]
  /** Adds or replaces deliveries, by (queue, position). */
  readonly put?: readonly { readonly queue: string; readonly delivery: Delivery }[]
  /** Removes deliveries, by (queue, position); one that is not there is passed over. */
  readonly remove?: readonly { readonly queue: string; readonly position: number }[]
  /** Entries appended to logs in the same transaction (what became of deliveries). */
  readonly journal?: readonly { readonly log: string; readonly entries: readonly NewEntry[] }[]
}

/** Which deliveries of a queue `Queue.read` returns. */
export type QueueView =
  /** In no lane and not put off (`dueAtMs` 0), position above `after`; ascending by position. */
  | { readonly kind: 'fresh'; readonly after: number }
  /** In no lane, put off (`dueAtMs` above 0) and due at or before `nowMs`; ascending by due time, then position. */
  | { readonly kind: 'due'; readonly nowMs: number }
  /** Waiting in one lane, whatever its due time; ascending by position. */
  | { readonly kind: 'lane'; readonly lane: string }
  /** Everything pending whatever its state, position above `after`; ascending by position (for people and for resets). */
  | { readonly kind: 'all'; readonly after: number }

export interface QueueStat {
  /** All pending deliveries of the queue. */
  readonly pending: number
  /** Lowest pending position, `undefined` when the queue is empty. Retention never trims a log at or above it. */
  readonly oldestPosition: number | undefined
  /** Earliest due time among deliveries outside lanes that are put off; `undefined` if there are none. */
  readonly nextDueAtMs: number | undefined
}

/** Pending deliveries per target, and the cursors of those who make them. */
export interface Queue {
  /**
   * Applies a change. Resolves when it is visible to reads; it becomes durable with the next flush, in order with
   * all other writes. Whoever must not forget calls it with `durable` and waits for stable storage. When the store is
   * full, commits may use a reserve that appends may not, so that what was accepted can still be worked off.
   */
  commit(change: QueueChange, durability?: 'durable' | 'relaxed'): Promise<void>
  cursor(name: string): Promise<number | undefined>
  read(queue: string, view: QueueView, limit: number): Promise<Delivery[]>
  /** Lanes of a queue that hold deliveries, in the order of their UTF-8 bytes, at most `limit`. */
  lanes(queue: string, limit: number): Promise<string[]>
  /** Reads in constant time or close to it: it is asked often. */
  stat(queue: string): Promise<QueueStat>
  /** Removes a queue with all its deliveries, and the named cursors. Visible at once, whatever it takes to clear away. */
  drop(queue: string, cursors: readonly string[]): Promise<void>
}

export interface Document {
  readonly key: string
  readonly value: unknown
  /** Grows with each change of this document; 1 for a new one. */
  readonly revision: number
}

/** Small JSON documents with compare-and-set. Keys are `/`-separated paths of at most 500 bytes; values at most 1 MiB. */
export interface Documents {
  get(key: string): Promise<Document | undefined>
  /** Documents whose key begins with the prefix and is greater than `after`, in order of the keys' UTF-8 bytes, at most `limit` (default 1,000). */
  list(prefix: string, options?: { after?: string; limit?: number }): Promise<Document[]>
  /**
   * Writes and resolves, once durable, with the new revision. `expected` 0 demands that there is none yet, a number
   * that revision, `undefined` nothing. Rejects with `storage.conflict` otherwise.
   */
  put(key: string, value: unknown, expected?: number): Promise<number>
  delete(key: string, expected?: number): Promise<void>
  /** Calls the listener after each change is visible, in order per key, with `undefined` for a deletion. */
  watch(prefix: string, listener: (key: string, document: Document | undefined) => void): Disposable
}

/** Content-addressed bytes (function code), at most 512 MiB each. */
export interface Blobs {
  /** Keeps the bytes, durable when it resolves; the name is the SHA-256 in hex. Putting the same bytes twice is free. */
  put(bytes: Uint8Array): Promise<string>
  get(name: string): Promise<Uint8Array | undefined>
  delete(name: string): Promise<void>
  list(options?: { after?: string; limit?: number }): Promise<string[]>
}

/** Who owns what among nodes. With one node every lease is granted. */
export interface Leases {
  /** True when `owner` has the lease until `nowMs + durationMs`; renewing is acquiring again. */
  acquire(name: string, owner: string, durationMs: number): Promise<boolean>
  release(name: string, owner: string): Promise<void>
  holder(name: string): Promise<string | undefined>
}

/** The ports of one opened store. Disposing flushes, then closes; later calls reject with `storage.closed`. */
export interface Storage extends AsyncDisposable {
  readonly log: EventLog
  readonly queue: Queue
  readonly documents: Documents
  readonly leases: Leases
  readonly blobs: Blobs
}
