import {
  AppError,
  retryBackoff,
  sleep,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  untilAborted,
} from '@millrace/spi'
import { mysqlError } from './errors.ts'
import { outboxEvent } from './outbox-event.ts'
import { countOutbox, readOutbox, settleOutbox } from './outbox-query.ts'
import type { MysqlSourceOptions } from './options.ts'
import { openSession, placeOf, type Session } from './session.ts'

/** What was asked has so long to be answered when the source is disposed. */
const drainTimeoutMs = 3_000

/** A row that was fetched, with its id in the table. */
interface OutboxRecord extends SourceRecord {
  readonly rowId: string
}

/**
 * Reads the rows of an outbox table by polling, while somebody reads. A row is held from when it is fetched until it is
 * committed, and then removed or marked: the table itself says what is done, so that no order of commits loses a row.
 */
export class OutboxSource implements Source {
  readonly #options: MysqlSourceOptions
  readonly #context: SourceContext
  readonly #stop = new AbortController()
  readonly #held = new Set<string>()
  readonly #rowIds = new WeakMap<SourceRecord, string>()
  readonly #underWay = new Set<Promise<unknown>>()
  #waiting: OutboxRecord[] = []
  /** One connection; what is asked of it is answered in turn. */
  #session: Promise<Session> | undefined
  #polling: Promise<void> | undefined
  #onCommit: (() => void) | undefined

  constructor(options: MysqlSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    const either = AbortSignal.any([signal, this.#stop.signal])
    try {
      for (;;) {
        either.throwIfAborted()
        if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
        if (this.#held.size >= this.#options.prefetch) {
          await untilAborted(new Promise<void>(resolve => (this.#onCommit = resolve)), either)
          continue
        }
        await untilAborted(this.#poll(), either)
        if (this.#waiting.length === 0) await sleep(this.#context.clock, this.#options.pollIntervalMs, either)
      }
    } catch (thrown) {
      throw this.#stop.signal.aborted && !signal.aborted ? closed() : thrown
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const ids = records.flatMap(record => this.#rowIds.get(record) ?? [])
    if (ids.length === 0) return
    await this.#ask(session => settleOutbox(session, this.#options, ids))
    for (const id of ids) this.#held.delete(id)
    this.#onCommit?.()
  }

  /** Rows in the table that are not done, those that were read included. */
  async lag(signal: AbortSignal): Promise<SourceLag> {
    return {
      records: await untilAborted(
        this.#ask(session => countOutbox(session, this.#options)),
        signal,
      ),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(closed())
    this.#waiting = []
    await this.#drain()
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }

  /** Waits for what was asked, but not for a server that no longer answers. */
  async #drain(): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(drainTimeoutMs, resolve)
      void Promise.allSettled(this.#underWay).then(() => {
        timer[Symbol.dispose]()
        resolve()
      })
    })
  }

  /** A read that gave up leaves its question under way, for the next read to take what comes of it. */
  #poll(): Promise<void> {
    this.#polling ??= this.#fetch().finally(() => (this.#polling = undefined))
    return this.#polling
  }

  async #fetch(): Promise<void> {
    const room = this.#options.prefetch - this.#held.size
    const rows = await this.#ask(session => readOutbox(session, this.#options, this.#held, room))
    if (this.#stop.signal.aborted) return
    const nowMs = this.#context.clock.nowMs()
    for (const row of rows) {
      const record: OutboxRecord = {
        partition: '',
        rowId: row.id,
        ...outboxEvent(row, this.#options, this.#context, nowMs),
        ...(row.timeMs === undefined ? {} : { takenAtMs: row.timeMs }),
      }
      this.#held.add(row.id)
      this.#rowIds.set(record, row.id)
      this.#waiting.push(record)
    }
  }

  #ask<Value>(question: (session: Session) => Promise<Value>): Promise<Value> {
    const answer = this.#answer(question)
    this.#underWay.add(answer)
    void answer.catch(() => {}).finally(() => this.#underWay.delete(answer))
    return answer
  }

  async #answer<Value>(question: (session: Session) => Promise<Value>): Promise<Value> {
    try {
      let session = await this.#open()
      if (session.isEnded) {
        // It broke while nobody used it, which says nothing about the next.
        this.#session = undefined
        session = await this.#open()
      }
      return await question(session)
    } catch (thrown) {
      throw mysqlError(thrown, 'source', placeOf(this.#options))
    }
  }

  #open(): Promise<Session> {
    this.#session ??= openSession(this.#options, this.#context, 'source', this.#stop.signal).catch(
      (thrown: unknown) => {
        this.#session = undefined
        throw thrown
      },
    )
    return this.#session
  }
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}
