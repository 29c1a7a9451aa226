import type { Delivery, QueueChange } from '@millrace/spi'
import { decodeFresh, decodeWaiting, encodeFresh, encodeWaiting, isFresh } from './delivery.ts'
import { positionMax } from './keys.ts'
import { type Names, numberBytes } from './names.ts'
import type { Table, Tables } from './tables.ts'
import type { Batch, Participant } from './writer.ts'

/** How many deliveries of each kind a queue holds. */
export interface QueueCounts {
  readonly fresh: number
  /** Outside lanes, waiting for their time. */
  readonly delayed: number
  readonly laned: number
}

/** A queue in memory: what it holds on disk, and what it will when the group under way is there. */
export interface QueueState {
  readonly name: string
  readonly number: number
  known: QueueCounts
  /** Changed in place: this runs once for every delivery. */
  readonly ahead: { -readonly [Kind in keyof QueueCounts]: QueueCounts[Kind] }
  /** No delivery above this position was ever put since the store was opened, or was there then. */
  top: number
  /** Deliveries that the group under way touches: as they are on disk, and as they shall be. */
  readonly touched: Map<number, { readonly before: Delivery | undefined; after: Delivery | undefined }>
}

const noCounts: QueueCounts = { fresh: 0, delayed: 0, laned: 0 }

/** All queues of a store. Changes of one group are folded here, so that only what differs at its end is written. */
export class Queues implements Participant {
  readonly #tables: Tables
  readonly #names: Names
  readonly #states = new Map<string, QueueState>()
  readonly #touched = new Set<QueueState>()
  /** Queue that the group under way drops. */
  #dropping: QueueState | undefined

  constructor(tables: Tables, names: Names) {
    this.#tables = tables
    this.#names = names
  }

  /** A queue that was used before. */
  find(name: string): QueueState | undefined {
    const state = this.#states.get(name)
    if (state !== undefined) return state
    const number = this.#names.find('queue', name)
    return number === undefined ? undefined : this.#keep(name, number)
  }

  /** Applies a change to the group under way; cursors are staged at once. */
  apply(batch: Batch, change: QueueChange): void {
    for (const { name, position } of change.cursors ?? []) {
      batch.put(this.#tables.cursors, name, numberBytes(position))
    }
    let state: QueueState | undefined
    for (const { queue, delivery } of change.put ?? []) {
      if (state?.name !== queue) {
        state = this.find(queue) ?? this.#keep(queue, this.#names.make(batch, 'queue', queue))
      }
      this.#set(state, delivery.position, delivery)
    }
    for (const { queue, position } of change.remove ?? []) {
      if (state?.name !== queue) state = this.find(queue)
      if (state !== undefined) this.#set(state, position, undefined)
    }
  }

  /** Stages the removal of a queue's name; what it held is cleared afterwards, with `clear`. */
  drop(batch: Batch, state: QueueState, cursors: readonly string[]): void {
    this.#names.drop(batch, state.name, state.number)
    batch.remove(this.#tables.counts, state.number)
    this.#dropping = state
    this.removeCursors(batch, cursors)
  }

  removeCursors(batch: Batch, cursors: readonly string[]): void {
    for (const name of cursors) batch.remove(this.#tables.cursors, name)
  }

  /** Stages the removal of at most `rowsMax` rows of a dropped queue; true when none is left. */
  clear(batch: Batch, number: number, rowsMax: number): boolean {
    const { fresh, waiting, due, lanes } = this.#tables
    let room = rowsMax
    room -= removeRows(batch, fresh, [number, 0], [number + 1, 0], room)
    room -= removeRows(batch, waiting, [number, 0], [number + 1, 0], room)
    room -= removeRows(batch, due, [number, 0, 0], [number + 1, 0, 0], room)
    room -= removeRows(batch, lanes, [number, '', 0], [number + 1, '', 0], room)
    if (room > 0) this.#names.cleared(batch, number)
    return room > 0
  }

  seal(batch: Batch): void {
    for (const state of this.#touched) {
      for (const [position, { before, after }] of state.touched) {
        this.#write(batch, state.number, position, before, after)
      }
      batch.put(this.#tables.counts, state.number, countsBytes(state.ahead))
    }
  }

  committed(): void {
    for (const state of this.#touched) {
      state.known = { ...state.ahead }
      state.touched.clear()
    }
    this.#touched.clear()
    if (this.#dropping === undefined) return
    this.#states.delete(this.#dropping.name)
    this.#names.dropped(this.#dropping.name)
    this.#dropping = undefined
  }

  reverted(): void {
    for (const state of this.#touched) {
      Object.assign(state.ahead, state.known)
      state.touched.clear()
      if (state.known === noCounts) this.#states.delete(state.name)
    }
    this.#touched.clear()
    this.#dropping = undefined
  }

  #set(state: QueueState, position: number, after: Delivery | undefined): void {
    const touched = state.touched.get(position)
    if (touched !== undefined) {
      recount(state, touched.after, after)
      touched.after = after
      return
    }
    const before = this.#lookUp(state, position)
    if (before === undefined && after === undefined) return
    if (position > state.top) state.top = position
    recount(state, before, after)
    state.touched.set(position, { before, after })
    this.#touched.add(state)
  }

  /** The delivery as it is on disk. Most are put above all others, where no look is needed. */
  #lookUp(state: QueueState, position: number): Delivery | undefined {
    if (position > state.top) return undefined
    const { fresh, delayed, laned } = state.known
    if (fresh > 0) {
      const bytes = this.#tables.fresh.getBinaryFast([state.number, position])
      if (bytes !== undefined) return decodeFresh(position, bytes)
    }
    if (delayed + laned === 0) return undefined
    const bytes = this.#tables.waiting.get([state.number, position])
    return bytes === undefined ? undefined : decodeWaiting(position, bytes)
  }

  #write(
    batch: Batch,
    queue: number,
    position: number,
    before: Delivery | undefined,
    after: Delivery | undefined,
  ): void {
    const { fresh, waiting, due, lanes } = this.#tables
    const key = [queue, position] as const
    if (before !== undefined && isFresh(before)) {
      if (after === undefined || !isFresh(after)) batch.remove(fresh, key)
    } else if (before !== undefined) {
      if (after === undefined || isFresh(after)) batch.remove(waiting, key)
      if (before.lane !== undefined) batch.remove(lanes, [queue, before.lane, position])
      else batch.remove(due, [queue, before.dueAtMs, position])
    }
    if (after === undefined) return
    if (isFresh(after)) {
      batch.put(fresh, key, encodeFresh(after))
      return
    }
    batch.put(waiting, key, encodeWaiting(after))
    if (after.lane !== undefined) batch.put(lanes, [queue, after.lane, position], noValue)
    else batch.put(due, [queue, after.dueAtMs, position], noValue)
  }

  #keep(name: string, number: number): QueueState {
    const bytes = this.#tables.counts.get(number)
    const counts = bytes === undefined ? noCounts : readCounts(bytes)
    const top =
      counts === noCounts ? 0 : Math.max(last(this.#tables.fresh, number), last(this.#tables.waiting, number))
    const state: QueueState = { name, number, known: counts, ahead: { ...counts }, top, touched: new Map() }
    this.#states.set(name, state)
    return state
  }
}

/** Value of index rows. */
const noValue = Buffer.from([1])

function recount(state: QueueState, before: Delivery | undefined, after: Delivery | undefined): void {
  if (before !== undefined) state.ahead[kindOf(before)] -= 1
  if (after !== undefined) state.ahead[kindOf(after)] += 1
}

function kindOf(delivery: Delivery): keyof QueueCounts {
  if (delivery.lane !== undefined) return 'laned'
  return delivery.dueAtMs === 0 ? 'fresh' : 'delayed'
}

function removeRows<Key>(batch: Batch, table: Table<Key>, start: Key, end: Key, limit: number): number {
  if (limit <= 0) return 0
  const keys = [...table.getKeys({ start, end, limit })]
  for (const key of keys) batch.remove(table, key)
  return keys.length
}

function last(table: Tables['fresh'], number: number): number {
  const range = { start: [number, positionMax], end: [number, 0], reverse: true, limit: 1 } as const
  for (const key of table.getKeys(range)) return key[1]
  return 0
}

function countsBytes(counts: QueueCounts): Buffer {
  const bytes = Buffer.allocUnsafe(24)
  bytes.writeDoubleLE(counts.fresh, 0)
  bytes.writeDoubleLE(counts.delayed, 8)
  bytes.writeDoubleLE(counts.laned, 16)
  return bytes
}

function readCounts(bytes: Buffer): QueueCounts {
  return { fresh: bytes.readDoubleLE(0), delayed: bytes.readDoubleLE(8), laned: bytes.readDoubleLE(16) }
}
