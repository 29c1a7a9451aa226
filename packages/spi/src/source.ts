import type { TObject } from 'typebox'
import type { ConnectorContext } from './connector.ts'
import type { AppError } from './errors.ts'

/**
 * One record of an external system, as an event. A source knows its records again by identity, so they are handed back as
 * they came.
 */
export interface SourceRecord {
  /** UTF-8 text of a valid structured CloudEvent, in the shape of section 8.6 of the compatible protocol. */
  readonly event: Uint8Array
  /** The event's id: the same whenever this record is read again, by whomever. */
  readonly id: string
  /** Order is kept within a partition (a queue, a shard), nowhere else; the empty text where there is only one. */
  readonly partition: string
  /** When the system took the record in, in milliseconds since the epoch, where it says so. */
  readonly takenAtMs?: number
  /**
   * Why the record cannot be used: its text is not what the options say, or too large. `event` then holds what can
   * be shown of it. It is never written to a sink; the stream's tolerance decides what becomes of it.
   */
  readonly fault?: AppError
}

export interface SourceReadLimits {
  /** Records at most. */
  readonly recordsMax: number
  /** Bytes of `event` at most; one record comes even when it is larger. */
  readonly bytesMax: number
}

/** How far a source is behind. What a system cannot tell is undefined. */
export interface SourceLag {
  /** Records that wait to be committed, those that were read included. */
  readonly records?: number
  /** Age of the oldest of them, in milliseconds. */
  readonly ageMs?: number
}

/**
 * Reads records from one external system and tells it which are done. Several may be open at once (one per task) and
 * then share the records. The suite of `@millrace/spi/conformance` has a case for every sentence here.
 *
 * At least once: a record that was read and not committed is read again, here or elsewhere, when this source is disposed
 * or its process dies. Until then it stays this reader's: a source whose system would hand it to another one after a
 * time prolongs that time by itself.
 *
 * A source reconnects by itself, with pauses. What it holds unread is bounded, whatever waits in the system: while
 * nobody reads, nothing more is fetched.
 *
 * Disposing gives back what was not committed, ends a read that waits (`source.closed`), and leaves no timer,
 * socket or child. It is safe to call twice.
 */
export interface Source extends AsyncDisposable {
  /**
   * Resolves with the records that are there, waiting for the first one. Not called again before it has settled.
   * Rejects with the signal's reason when that aborts; no record is lost by it.
   * Rejects with an AppError when the system cannot be read: `source.unavailable` and others that may pass have the
   * verdict `backoff`; `source.unauthorized`, `source.not-found` and the like have `never`, for they need a change. The
   * source stays usable: the next read tries again.
   */
  read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]>
  /**
   * The records are done with; resolves when the system knows. Calls may overlap. Where the definition says
   * `ordered`, records of a partition are committed in the order in which they were read, so that one commit stands for all
   * before. Rejects with `source.lost` when the records have another reader meanwhile: they will come again there. Rejects with
   * an AppError that may pass otherwise; committing again is allowed.
   */
  commit(records: readonly SourceRecord[]): Promise<void>
  /** How far behind it is, of all tasks together; absent where the system cannot tell. Rejects like `read`. */
  lag?(signal: AbortSignal): Promise<SourceLag>
}

/** Small texts that outlive the process, for systems that keep no position for their readers. One set for each stream. */
export interface Checkpoints {
  load(name: string): Promise<string | undefined>
  /** Durable when it resolves. Names of at most 200 bytes, texts of at most 64 KiB; 1,000 names at most. */
  save(name: string, text: string): Promise<void>
}

/** A request that came to the address of a stream. */
export interface DoorRequest {
  readonly method: string
  /** Path and query behind the address of the stream, beginning with `/` or empty. */
  readonly target: string
  /** Names in lower case; several values of one name are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** IP address of the peer. */
  readonly remoteAddress: string
  readonly body: Uint8Array
}

export interface DoorAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Where a source that is called, instead of calling, gets its requests: `/hooks/{account}/{stream}` of the server. */
export interface Door {
  /**
   * Hands requests to a handler until it is disposed; without one they are answered 503. Bodies above `bodyBytesMax`
   * are refused before the handler sees them. The signal aborts when the caller goes away.
   */
  open(
    handler: (request: DoorRequest, signal: AbortSignal) => Promise<DoorAnswer>,
    limits: { readonly bodyBytesMax: number },
  ): Disposable
}

/** What a source gets from its host. `name` is the stream's. */
export interface SourceContext extends ConnectorContext {
  readonly account: string
  readonly region: string
  /** Name of the instance that the stream goes by, for resource names in events; the name of the system without one. */
  readonly instance: string
  readonly checkpoints: Checkpoints
  readonly door: Door
}

export interface SourceDefinition {
  /** JSON Schema (typebox) of the options: description, default, unit and limits on every property. */
  readonly options: TObject
  /** Tasks of one stream that can share the records; 1 where a second reader would get the same ones. */
  readonly tasksMax: number
  /** Whether order is kept within partitions. Then one batch of a partition is written after the other. */
  readonly ordered: boolean
  /** As with sinks: what a schema cannot say. No I/O. Throws `options.invalid`. */
  readonly check?: (options: Readonly<Record<string, unknown>>) => void
  /** Makes a source; does no I/O before the first read. Options are complete and checked. */
  open(options: Readonly<Record<string, unknown>>, context: SourceContext): Source
}
