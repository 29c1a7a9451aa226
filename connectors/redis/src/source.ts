import {
  AppError,
  assert,
  retryBackoff,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import { entryEvent, takenAtMs } from './entry-event.ts'
import { type FoundEntry, GroupReader } from './group.ts'
import { Link } from './link.ts'
import type { RedisSourceOptions } from './options.ts'
import type { Session } from './session.ts'
import { startId } from './start.ts'

/** Entries that one request asks for at most, of all streams together. */
const fetchMax = 1_000
/** Longest time between two looks for entries of dead readers, in milliseconds. */
const takeOverEveryMsMax = 5_000
/** Before anything of a stream. */
const firstId = '0-0'

/** An entry that was read, with what is needed to acknowledge it. */
class RedisRecord implements SourceRecord {
  readonly event: Uint8Array
  readonly id: string
  readonly partition: string
  readonly entryId: string
  readonly takenAtMs?: number
  readonly fault?: AppError

  constructor({ stream, id: entryId }: FoundEntry, id: string, made: ReturnType<typeof entryEvent>) {
    this.event = made.event
    this.id = id
    this.partition = stream
    this.entryId = entryId
    const atMs = takenAtMs(entryId)
    if (atMs !== undefined) this.takenAtMs = atMs
    if (made.fault !== undefined) this.fault = made.fault
  }
}

/**
 * Reads streams as one consumer of a group. Two connections: one waits for entries, the other acknowledges meanwhile. What was
 * read outlives both: it stays with this consumer at the server until it is acknowledged, given back, or taken over.
 */
export class RedisSource implements Source {
  readonly #options: RedisSourceOptions
  readonly #context: SourceContext
  readonly #reading: Link
  readonly #asking: Link
  readonly #group: GroupReader
  #waiting: RedisRecord[] = []
  /** Ids of what was read, or waits to be, and is not acknowledged. */
  readonly #held = new Set<string>()
  #fetching: Promise<void> | undefined
  #wake: (() => void) | undefined
  #failure: AppError | undefined
  /** Whether the group is known to be there, and what was this consumer's before has been read again. */
  #hasBegun = false
  /** Whether there may be entries under this consumer's name. */
  #hasRead = false
  #readerId: string | undefined
  /** Connections that entries were asked for on. */
  #connections = 0
  #takeOverAtMs = 0
  readonly #cursors = new Map<string, string>()
  #keeping: Disposable | undefined
  #disposal: Promise<void> | undefined

  constructor(options: RedisSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#reading = new Link(options, context, 'source')
    this.#asking = new Link(options, context, 'source')
    const { streams, group, consumer = `millrace-${context.name}-${context.random.id()}` } = options
    this.#group = new GroupReader({ streams, group, consumer, log: context.log })
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#disposal !== undefined) throw closed()
      if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure
      const woken = new Promise<void>(resolve => (this.#wake = resolve))
      this.#fetch()
      await untilAborted(woken, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const byStream = new Map<string, RedisRecord[]>()
    for (const record of records) {
      if (!(record instanceof RedisRecord)) continue
      const some = byStream.get(record.partition)
      if (some === undefined) byStream.set(record.partition, [record])
      else some.push(record)
    }
    if (byStream.size === 0) return
    const session = await this.#asking.open()
    await Promise.all(
      [...byStream].map(async ([stream, some]) => {
        const ids = some.map(({ entryId }) => entryId)
        await this.#group.acknowledge(session, stream, ids)
        for (const { id } of some) this.#held.delete(id)
      }),
    )
    // A reader that waits for room has it now.
    this.#wake?.()
  }

  async lag(signal: AbortSignal): Promise<SourceLag> {
    const ask = async (): Promise<SourceLag> => {
      const records = await this.#group.lag(await this.#asking.open())
      return records === undefined ? {} : { records }
    }
    return await untilAborted(ask(), signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting = []
    this.#wake?.()
    try {
      if (this.#hasRead) await this.#giveBack()
    } catch (thrown) {
      // What the server was not told is taken over from the dead after `claimIdleMs`.
      this.#context.log.warn('a redis source could not give back what it held', {
        reason: toAppError(thrown).message,
      })
    }
    // Something may have come in meanwhile, and have begun to be kept.
    this.#keeping?.[Symbol.dispose]()
    await Promise.all([this.#reading.close(), this.#asking.close()])
  }

  async #giveBack(): Promise<void> {
    const session = await this.#asking.open()
    if (this.#fetching !== undefined && this.#readerId !== undefined) {
      // Where the user may not do that, the request ends by itself after `blockMs`.
      await session.send(['CLIENT', 'UNBLOCK', this.#readerId]).catch(() => {})
    }
    // Only when nothing more can come is all that came known to the server's list.
    await this.#fetching
    const isNamed = this.#options.consumer !== undefined
    await this.#group.giveBack(session, isNamed)
    // The server may not have noticed yet that an earlier connection is gone, and give entries to its open request.
    const hasBroken = this.#connections > 1 || (await this.#reading.current()) === undefined
    if (!isNamed && !hasBroken) await this.#group.leave(session)
  }

  /** Fetches once, in the background: a reader that gives up waiting loses nothing by it. */
  #fetch(): void {
    const room = Math.min(fetchMax, this.#options.prefetch - this.#held.size)
    if (room <= 0) return
    this.#fetching ??= this.#fetchOnce(room)
      .catch((thrown: unknown) => {
        const error = toAppError(thrown)
        // The group may be gone, and may have to be made again.
        if (error.code !== 'source.unavailable') this.#hasBegun = false
        this.#failure = error
      })
      .finally(() => {
        this.#fetching = undefined
        this.#wake?.()
      })
  }

  async #fetchOnce(room: number): Promise<void> {
    const session = await this.#open()
    if (this.#disposal !== undefined || this.#waiting.length > 0) return
    this.#hasRead = true
    await this.#takeOver(session, room)
    if (this.#disposal !== undefined || this.#waiting.length > 0) return
    const { streams, blockMs } = this.#options
    const countMax = Math.max(1, Math.floor(room / streams.length))
    this.#receive(await this.#group.next(session, countMax, blockMs))
  }

  /** The connection that waits for entries. A new one begins with what this consumer was given and may never have seen. */
  async #open(): Promise<Session> {
    const before = await this.#reading.current()
    const session = await this.#reading.open()
    if (session === before && this.#hasBegun) return session
    if (session !== before) this.#connections++
    const { start, makeStreams } = this.#options
    const after = startId(start)
    assert(after !== undefined, 'the start was checked when the options were')
    await this.#group.make(session, after, makeStreams)
    this.#readerId = await session.send(['CLIENT', 'ID'], {}).then(String, () => undefined)
    await this.#readHistory(session)
    this.#hasBegun = true
    return session
  }

  /** Holds at most what it held before, so `prefetch` bounds it. */
  async #readHistory(session: Session): Promise<void> {
    for (const stream of this.#options.streams) {
      for (let after = firstId; ; ) {
        const { entries, last } = await this.#group.history(session, stream, after, fetchMax)
        this.#receive(entries)
        if (last === undefined) break
        after = last
      }
    }
  }

  /** Looks now and then for entries whose readers are dead; goes on at once when there were as many as there was room for. */
  async #takeOver(session: Session, room: number): Promise<void> {
    const { streams, claimIdleMs: idleMs } = this.#options
    const nowMs = this.#context.clock.nowMs()
    if (nowMs < this.#takeOverAtMs) return
    for (const stream of streams) {
      const cursor = this.#cursors.get(stream) ?? firstId
      const found = await this.#group.takeOver(session, stream, { idleMs, cursor, countMax: room })
      if (found.cursor === undefined) this.#cursors.delete(stream)
      else this.#cursors.set(stream, found.cursor)
      this.#receive(found.entries)
      // The others have their turn when there is room again.
      if (this.#waiting.length > 0) return
    }
    if (this.#cursors.size === 0) this.#takeOverAtMs = nowMs + Math.min(takeOverEveryMsMax, idleMs / 2)
  }

  #receive(entries: readonly FoundEntry[]): void {
    const { context, nowMs } = { context: this.#context, nowMs: this.#context.clock.nowMs() }
    for (const entry of entries) {
      const id = idOf(entry.stream, entry.id)
      if (this.#held.has(id)) continue
      this.#held.add(id)
      const origin = { ...this.#options, stream: entry.stream, context }
      this.#waiting.push(new RedisRecord(entry, id, entryEvent(entry, origin, id, nowMs)))
    }
    if (this.#held.size > 0) this.#keeping ??= this.#keepLater()
  }

  /** Speaks up for what is held, for as long as something is. */
  #keepLater(): Disposable {
    return this.#context.clock.timer(this.#options.claimIdleMs / 3, () => {
      this.#keeping = undefined
      if (this.#disposal !== undefined || this.#held.size === 0) return
      this.#keeping = this.#keepLater()
      this.#keep().catch((thrown: unknown) =>
        this.#context.log.warn('a redis source could not say that it is alive', {
          reason: toAppError(thrown).message,
        }),
      )
    })
  }

  async #keep(): Promise<void> {
    const session = await this.#asking.open()
    await this.#group.keep(session, (stream, entryId) => this.#held.has(idOf(stream, entryId)))
  }
}

/** Entry ids are unique within their stream. */
function idOf(stream: string, entryId: string): string {
  return `${stream}:${entryId}`
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}
