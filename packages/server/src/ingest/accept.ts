import type { EventText } from '@millrace/cloudevents'
import { type AppError, type Clock, type NewEntry, type Random, toAppError } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import { type ActiveSpan, type EngineObserver, silentTracer, type Tracer } from '../observability/index.ts'
import { type BusView, defaultBusName } from '../resources/index.ts'
import { Dedup } from './dedup.ts'
import { type DedupEntry, type DedupTable, dedupKey } from './dedup-table.ts'
import { closed, logFull, readOnly, tooLarge } from './errors.ts'
import { stamp } from './stamp.ts'

/** What became of one event that a producer sent. */
export type AcceptOutcome =
  | { readonly status: 'accepted'; readonly id: string; readonly position: number }
  /** The same (source, id) was accepted within the bus's window; `position` is that of the stored event. */
  | { readonly status: 'duplicate'; readonly id: string; readonly position: number }
  | { readonly status: 'refused'; readonly id: string | undefined; readonly error: AppError }

export interface AcceptOptions {
  /** For the platform's own events: lets them into the built-in bus. */
  readonly internal?: boolean
}

/** The only door for events: HTTP, streams, the scheduler, functions and other buses all enter here. */
export interface Ingest extends AsyncDisposable {
  /**
   * Resolves when every accepted event is stored as durably as the bus promises; outcomes are in the order of the
   * events. All accepted events of a call are appended together, next to each other. Never rejects for an operating
   * error: each event is told by its outcome. Events must have been scanned with `engineAttributePrefix`.
   */
  accept(bus: BusView, events: readonly EventText[], options?: AcceptOptions): Promise<AcceptOutcome[]>
}

export interface IngestParts {
  readonly logs: EventLogs
  readonly clock: Clock
  readonly random: Random
  readonly observer: EngineObserver
  /** Default: records nothing. */
  readonly tracer?: Tracer
  /** Removes what retention allows from a full log, so that so many bytes fit. Resolves also when they still do not. */
  makeRoom(bus: BusView, roomBytes: number): Promise<void>
  /** Why the account may not have so many bytes more stored; when it may, they are counted. Default: it always may. */
  takeBytes?(bus: BusView, bytes: number): AppError | undefined
  /** Default `dedupEntriesMax`. */
  readonly dedupEntriesMax?: number
}

export function createIngest(parts: IngestParts): Ingest {
  return new Door(parts)
}

/** One event of a call, between being judged and being answered. */
interface Admitted {
  readonly index: number
  readonly event: EventText
  /** Its entry in the table of the bus; `undefined` where de-duplication is off. */
  readonly entry: DedupEntry | undefined
}

class Door implements Ingest {
  readonly #parts: IngestParts
  readonly #dedup: Dedup
  /** Bytes of appends under way, by bus: concurrent calls must not all fit into the same last gap. */
  readonly #appendingBytes = new Map<string, number>()
  readonly #calls = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(parts: IngestParts) {
    this.#parts = parts
    this.#dedup = new Dedup(parts.logs, parts.dedupEntriesMax)
  }

  async accept(
    bus: BusView,
    events: readonly EventText[],
    options: AcceptOptions = {},
  ): Promise<AcceptOutcome[]> {
    if (this.#isClosed) return this.#refuseAll(bus, events, closed())
    if (bus.name === defaultBusName && options.internal !== true) {
      return this.#refuseAll(bus, events, readOnly(bus))
    }
    const call = this.#accept(bus, events)
    this.#calls.add(call)
    try {
      return await call
    } catch (thrown) {
      return this.#refuseAll(bus, events, toAppError(thrown))
    } finally {
      this.#calls.delete(call)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#calls)
  }

  async #accept(bus: BusView, events: readonly EventText[]): Promise<AcceptOutcome[]> {
    const { clock, logs } = this.#parts
    const table = await this.#dedup.table(bus, clock.nowMs())
    await logs.open(bus.key)
    const nowMs = clock.nowMs()
    const outcomes: Promise<AcceptOutcome>[] = []
    const append = Promise.withResolvers<number>()
    // Nobody may be waiting for it; its failure is told to the events of this call below.
    append.promise.catch(() => {})
    const admitted: Admitted[] = []
    for (const [index, event] of events.entries()) {
      const early = this.#judge(bus, event, table, nowMs)
      if (early !== undefined) {
        outcomes[index] = Promise.resolve(early)
        continue
      }
      const entry = table === undefined ? undefined : pendingEntry(append.promise, admitted.length, nowMs)
      if (entry !== undefined) table?.add(dedupKey(event.source, event.id), entry)
      admitted.push({ index, event, entry })
    }
    if (admitted.length > 0) {
      const settled = await this.#append(bus, admitted, nowMs, table, append)
      for (const [order, outcome] of settled.entries())
        outcomes[admitted[order]?.index ?? 0] = Promise.resolve(outcome)
    }
    return await Promise.all(outcomes)
  }

  /** The outcome of an event that is not to be stored; `undefined` for one that is. */
  #judge(
    bus: BusView,
    event: EventText,
    table: DedupTable | undefined,
    nowMs: number,
  ): AcceptOutcome | Promise<AcceptOutcome> | undefined {
    if (event.bytes.length > bus.spec.eventBytesMax) {
      return this.#refuse(bus, event, tooLarge(bus, event.bytes.length))
    }
    const known = table?.find(dedupKey(event.source, event.id), nowMs, bus.spec.dedupWindowMs)
    if (known === undefined) return undefined
    if (known.position !== undefined) return { status: 'duplicate', id: event.id, position: known.position }
    // Its twin is being appended: both share that append's fate.
    return (known.appended ?? Promise.reject(new Error('an entry has a position or an append'))).then(
      position => ({ status: 'duplicate', id: event.id, position }),
      (thrown: unknown) => this.#refuse(bus, event, toAppError(thrown)),
    )
  }

  /** Stamps and appends, and completes the entries of the table; one outcome per admitted event. */
  async #append(
    bus: BusView,
    admitted: readonly Admitted[],
    nowMs: number,
    table: DedupTable | undefined,
    append: PromiseWithResolvers<number>,
  ): Promise<AcceptOutcome[]> {
    const { logs, random, observer } = this.#parts
    const time = new Date(nowMs).toISOString()
    const spans = this.#startSpans(bus, admitted)
    const entries: NewEntry[] = admitted.map(({ event }, order) => ({
      bytes: stamp(event, time, random, spans[order]?.traceparent),
      acceptedAtMs: nowMs,
    }))
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
    try {
      await this.#reserve(bus, bytes)
      const first = await logs
        .append(bus.key, entries, bus.spec.durability)
        .finally(() => this.#release(bus, bytes))
      append.resolve(first)
      for (const span of spans) span.end()
      observer.accepted(bus.key, entries.length, bytes)
      for (const [order, { entry }] of admitted.entries()) {
        if (entry !== undefined) entry.position = first + order
      }
      return admitted.map(({ event }, order) => ({
        status: 'accepted',
        id: event.id,
        position: first + order,
      }))
    } catch (thrown) {
      append.reject(thrown)
      for (const { event, entry } of admitted) {
        if (entry !== undefined) table?.delete(dedupKey(event.source, event.id), entry)
      }
      const error = toAppError(thrown)
      for (const span of spans) span.end(error.code)
      return admitted.map(({ event }) => this.#refuse(bus, event, error))
    }
  }

  /** One span per event, below that of its producer; what the event causes lies below it, unless the producer's does. */
  #startSpans(bus: BusView, admitted: readonly Admitted[]): ActiveSpan[] {
    const { tracer = silentTracer } = this.#parts
    // The platform's own events follow from requests that have their traces.
    if (!tracer.isOn || bus.name === defaultBusName) return []
    return admitted.map(({ event }) =>
      tracer.start('accept', 'server', event.traceparent, {
        'messaging.system': 'millrace',
        'messaging.operation.type': 'send',
        'messaging.destination.name': bus.key,
        'messaging.message.id': event.id,
      }),
    )
  }

  /** Makes sure that the log has room for so many bytes more, or throws `bus.log-full` or `quota.bytes-exceeded`. */
  async #reserve(bus: BusView, bytes: number): Promise<void> {
    if (!this.#fits(bus, bytes)) {
      await this.#parts.makeRoom(bus, bytes)
      if (!this.#fits(bus, bytes)) throw logFull(bus, this.#parts.logs.bytes(bus.key))
    }
    const refusal = this.#parts.takeBytes?.(bus, bytes)
    if (refusal !== undefined) throw refusal
    this.#appendingBytes.set(bus.key, (this.#appendingBytes.get(bus.key) ?? 0) + bytes)
  }

  #fits(bus: BusView, bytes: number): boolean {
    const taken = this.#parts.logs.bytes(bus.key) + (this.#appendingBytes.get(bus.key) ?? 0)
    return taken + bytes <= bus.spec.retentionBytesMax
  }

  #release(bus: BusView, bytes: number): void {
    const left = (this.#appendingBytes.get(bus.key) ?? 0) - bytes
    if (left > 0) this.#appendingBytes.set(bus.key, left)
    else this.#appendingBytes.delete(bus.key)
  }

  #refuse(bus: BusView, event: EventText, error: AppError): AcceptOutcome {
    this.#parts.observer.refused(bus.key, error.code)
    return { status: 'refused', id: event.id, error }
  }

  #refuseAll(bus: BusView, events: readonly EventText[], error: AppError): AcceptOutcome[] {
    return events.map(event => this.#refuse(bus, event, error))
  }
}

function pendingEntry(append: Promise<number>, order: number, acceptedAtMs: number): DedupEntry {
  const appended = append.then(first => first + order)
  // Waited for only by duplicates, of which there may be none.
  appended.catch(() => {})
  return { acceptedAtMs, position: undefined, appended }
}
