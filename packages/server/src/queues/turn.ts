import { assert, type Delivery, type EventLog, type LogEntry, type NewEntry } from '@millrace/spi'
import type { QueueView } from '../resources/index.ts'
import { decodeMark } from './mark.ts'
import type { Shelves } from './shelves.ts'

/** Bound of one look into the log, so that a few large messages do not become many at once. */
export interface TurnParts {
  readonly log: EventLog
  readonly logName: string
  readonly shelves: Shelves
  readonly view: QueueView
  readonly nowMs: number
  /** Position that the next message gets: this process is the only one to append to the log. */
  readonly next: number
}

/**
 * What one turn of a queue decides, gathered until it is written in one go. Messages that the turn adds are known by the
 * position that they are about to get, so that they and their references share one flush.
 */
export class Turn {
  readonly parts: TurnParts
  readonly nowMs: number
  readonly view: QueueView
  readonly #entries: NewEntry[] = []
  readonly #put: { readonly queue: string; readonly delivery: Delivery }[] = []
  readonly #remove: { readonly queue: string; readonly position: number }[] = []
  readonly #sent: { readonly queue: string; readonly position: number }[] = []
  /** Of the messages sent in this turn that can be received, the places of their references in `#put` and `#sent`. */
  readonly #fresh = new Map<number, { readonly put: number; readonly sent: number }>()
  /** Messages under a receipt handle as this turn leaves them; `undefined` for one that it removes. */
  readonly #held = new Map<number, Delivery | undefined>()

  constructor(parts: TurnParts) {
    this.parts = parts
    this.nowMs = parts.nowMs
    this.view = parts.view
  }

  /** Position that the turn's next message will get. */
  get next(): number {
    return this.parts.next + this.#entries.length
  }

  get sentCount(): number {
    return this.#entries.length
  }

  /** Adds a message, ready or put off; its position must be `next`. */
  send(entry: NewEntry, delivery: Delivery): void {
    assert(delivery.position === this.next, 'a message gets the next position')
    const { shelves } = this.parts
    const isReady = delivery.dueAtMs === 0
    const queue = isReady ? shelves.ready(decodeMark(delivery.attempts).priority) : shelves.delayed
    if (isReady) this.#fresh.set(delivery.position, { put: this.#put.length, sent: this.#sent.length })
    this.#entries.push(entry)
    this.#put.push({ queue, delivery })
    this.#sent.push({ queue, position: delivery.position })
  }

  /** At most so many of the messages sent in this turn that can be received, by priority. */
  sentReady(limit: number): Delivery[] {
    if (limit <= 0) return []
    const found = [...this.#fresh.values()].flatMap(({ put }) => this.#put[put]?.delivery ?? [])
    return found
      .sort((left, right) => priorityOf(left) - priorityOf(right) || left.position - right.position)
      .slice(0, limit)
  }

  /** Hides a message: one sent in this turn never lies anywhere else. */
  hide(delivery: Delivery): void {
    const { shelves } = this.parts
    const { position } = delivery
    const fresh = this.#fresh.get(position)
    if (fresh === undefined) {
      this.move(shelves.ready(priorityOf(delivery)), shelves.hidden, delivery)
      return
    }
    this.#fresh.delete(position)
    this.#put[fresh.put] = { queue: shelves.hidden, delivery }
    this.#sent[fresh.sent] = { queue: shelves.hidden, position }
  }

  /** Whether messages can be received that could not before. */
  get addsReady(): boolean {
    return this.#fresh.size > 0
  }

  /** Whether a message was sent in this turn. */
  isSent(position: number): boolean {
    return position >= this.parts.next
  }

  /** The message as it stands on a shelf of those held, this turn's changes included. */
  async held(shelf: string, position: number): Promise<Delivery | undefined> {
    if (this.#held.has(position)) return this.#held.get(position)
    return await this.parts.shelves.at(shelf, position)
  }

  /** Whether this turn removes the message. */
  isRemoved(position: number): boolean {
    return this.#held.has(position) && this.#held.get(position) === undefined
  }

  put(queue: string, delivery: Delivery): void {
    this.#put.push({ queue, delivery })
    this.#held.set(delivery.position, delivery)
  }

  remove(queue: string, position: number): void {
    this.#remove.push({ queue, position })
    this.#held.set(position, undefined)
  }

  /** From one shelf to another. */
  move(from: string, to: string, delivery: Delivery): void {
    this.#remove.push({ queue: from, position: delivery.position })
    this.put(to, delivery)
  }

  /** Messages at the given positions, by position; those not there are missing. */
  async entries(positions: readonly number[]): Promise<ReadonlyMap<number, LogEntry>> {
    const ascending = [...positions].sort((left, right) => left - right)
    const stored = ascending.filter(position => !this.isSent(position))
    const found = new Map<number, LogEntry>()
    for (const entry of await this.parts.log.get(this.parts.logName, stored)) {
      if (entry !== undefined) found.set(entry.position, entry)
    }
    for (const position of ascending) {
      const entry = this.#entries[position - this.parts.next]
      if (entry !== undefined) found.set(position, { position, ...entry })
    }
    return found
  }

  isExpired({ acceptedAtMs }: Pick<LogEntry, 'acceptedAtMs'>): boolean {
    return this.nowMs >= acceptedAtMs + this.view.spec.retentionMs
  }

  /**
   * Writes everything; resolves when it is durable, with why the log did not take the messages, when that is all that
   * failed. What it rejects with concerns the whole turn. After either the log must be asked again where it stands.
   */
  async commit(): Promise<unknown> {
    const { log, logName, shelves } = this.parts
    if (this.#put.length + this.#remove.length === 0) return undefined
    const change = { put: this.#put, remove: this.#remove }
    if (this.#entries.length === 0) {
      await shelves.commit(change)
      return undefined
    }
    // Both at once, in this order: a reference is never there without its message, and they share one flush.
    const [appended, committed] = await Promise.allSettled([
      log.append(logName, this.#entries),
      shelves.commit(change),
    ])
    if (committed.status === 'rejected') throw committed.reason
    if (appended.status === 'rejected') {
      await shelves.commit({ remove: this.#sent })
      return appended.reason
    }
    assert(appended.value === this.parts.next, 'nobody else appends to the log of a queue')
    return undefined
  }
}

function priorityOf({ attempts }: Delivery): number {
  return decodeMark(attempts).priority
}
