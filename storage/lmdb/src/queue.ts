import {
  checkStorageKey,
  type Delivery,
  type Queue,
  type QueueChange,
  type QueueStat,
  type QueueView,
} from '@millrace/spi'
import { decodeFresh, decodeWaiting } from './delivery.ts'
import { positionMax } from './keys.ts'
import type { Logs } from './logs.ts'
import type { Queues, QueueState } from './queues.ts'
import type { Tables } from './tables.ts'
import type { Writer } from './writer.ts'

/** Rows removed by one transaction of a drop, so that other writes get their turn in between. */
const dropRowsMax = 10_000
/** Bytes that one changed delivery or cursor is reckoned with where the writer counts what waits. */
const rowBytes = 64

/** The `Queue` port. A commit resolves when it is visible and durable; both come at once, with the group. */
export class LmdbQueue implements Queue {
  readonly #tables: Tables
  readonly #queues: Queues
  readonly #logs: Logs
  readonly #writer: Writer
  readonly #checkOpen: () => void

  constructor(tables: Tables, queues: Queues, logs: Logs, writer: Writer, checkOpen: () => void) {
    this.#tables = tables
    this.#queues = queues
    this.#logs = logs
    this.#writer = writer
    this.#checkOpen = checkOpen
  }

  async commit(change: QueueChange): Promise<void> {
    checkChange(change)
    const rows = (change.put?.length ?? 0) + (change.cursors?.length ?? 0)
    let bytes = rows * rowBytes
    for (const { entries } of change.journal ?? []) for (const entry of entries) bytes += entry.bytes.length
    await this.#writer.submit({
      bytes: bytes + (change.remove?.length ?? 0) * rowBytes,
      needs: bytes > 0 ? 'reserve' : 'none',
      stage: batch => {
        this.#queues.apply(batch, change)
        for (const { log, entries } of change.journal ?? []) this.#logs.append(batch, log, entries)
      },
    })
  }

  async cursor(name: string): Promise<number | undefined> {
    this.#checkOpen()
    return this.#tables.cursors.get(name)?.readDoubleLE()
  }

  async read(queue: string, view: QueueView, limit: number): Promise<Delivery[]> {
    this.#checkOpen()
    const state = this.#queues.find(queue)
    if (state === undefined || limit <= 0) return []
    switch (view.kind) {
      case 'fresh':
        return this.#fresh(state, view.after, limit)
      case 'due':
        return this.#due(state, view.nowMs, limit)
      case 'lane':
        return this.#lane(state, view.lane, limit)
      case 'all': {
        const all = [...this.#fresh(state, view.after, limit), ...this.#waiting(state, view.after, limit)]
        return all.sort((left, right) => left.position - right.position).slice(0, limit)
      }
    }
  }

  async lanes(queue: string, limit: number): Promise<string[]> {
    this.#checkOpen()
    const state = this.#queues.find(queue)
    const found: string[] = []
    if (state === undefined || state.known.laned === 0) return found
    const { number } = state
    // From each lane the search goes on behind its last possible row: the cost is that of the lanes, not of the rows.
    for (let lane = this.#laneAfter(number, ['', 0]); lane !== undefined && found.length < limit; ) {
      found.push(lane)
      lane = this.#laneAfter(number, [lane, positionMax])
    }
    return found
  }

  async stat(queue: string): Promise<QueueStat> {
    this.#checkOpen()
    const state = this.#queues.find(queue)
    if (state === undefined) return { pending: 0, oldestPosition: undefined, nextDueAtMs: undefined }
    const { fresh, delayed, laned } = state.known
    const oldest = Math.min(
      fresh > 0 ? firstPosition(this.#tables.fresh, state.number) : Number.POSITIVE_INFINITY,
      delayed + laned > 0 ? firstPosition(this.#tables.waiting, state.number) : Number.POSITIVE_INFINITY,
    )
    return {
      pending: fresh + delayed + laned,
      oldestPosition: oldest === Number.POSITIVE_INFINITY ? undefined : oldest,
      nextDueAtMs: delayed > 0 ? this.#nextDueAtMs(state.number) : undefined,
    }
  }

  async drop(queue: string, cursors: readonly string[]): Promise<void> {
    const number = await this.#writer.submit({
      bytes: 0,
      needs: 'none',
      alone: true,
      stage: batch => {
        const state = this.#queues.find(queue)
        if (state === undefined) this.#queues.removeCursors(batch, cursors)
        else this.#queues.drop(batch, state, cursors)
        return state?.number
      },
    })
    if (number !== undefined) await this.clear(number)
  }

  /** Removes what a dropped queue held, part by part; what a crash interrupts is taken up at the next open. */
  async clear(number: number): Promise<void> {
    const clearPart = (): Promise<boolean> =>
      this.#writer.submit({
        bytes: 0,
        needs: 'none',
        alone: true,
        stage: batch => this.#queues.clear(batch, number, dropRowsMax),
      })
    while (!(await clearPart())) {
      // Other writes have their turn between two parts.
    }
  }

  #fresh(state: QueueState, after: number, limit: number): Delivery[] {
    if (state.known.fresh === 0) return []
    const range = { start: startAfter(state.number, after), end: [state.number + 1, 0], limit } as const
    const rows = this.#tables.fresh.getRange(range)
    return Array.from(rows, ({ key, value }) => decodeFresh(key[1], value))
  }

  #waiting(state: QueueState, after: number, limit: number): Delivery[] {
    if (state.known.delayed + state.known.laned === 0) return []
    const range = { start: startAfter(state.number, after), end: [state.number + 1, 0], limit } as const
    const rows = this.#tables.waiting.getRange(range)
    return Array.from(rows, ({ key, value }) => decodeWaiting(key[1], value))
  }

  #due(state: QueueState, nowMs: number, limit: number): Delivery[] {
    if (state.known.delayed === 0 || nowMs < 0) return []
    const { number } = state
    const range = {
      start: [number, 0, 0],
      end: [number, nowMs, positionMax],
      inclusiveEnd: true,
      limit,
    } as const
    const keys = [...this.#tables.due.getKeys(range)]
    return keys.flatMap(key => this.#waitingAt(number, key[2]))
  }

  #lane(state: QueueState, lane: string, limit: number): Delivery[] {
    if (state.known.laned === 0) return []
    const { number } = state
    const range = {
      start: [number, lane, 0],
      end: [number, lane, positionMax],
      inclusiveEnd: true,
      limit,
    } as const
    const keys = [...this.#tables.lanes.getKeys(range)]
    return keys.flatMap(key => this.#waitingAt(number, key[2]))
  }

  #waitingAt(number: number, position: number): Delivery[] {
    const bytes = this.#tables.waiting.get([number, position])
    return bytes === undefined ? [] : [decodeWaiting(position, bytes)]
  }

  #laneAfter(number: number, [lane, position]: readonly [string, number]): string | undefined {
    const range = { start: [number, lane, position], end: [number + 1, '', 0], limit: 1 } as const
    for (const key of this.#tables.lanes.getKeys(range)) return key[1]
    return undefined
  }

  #nextDueAtMs(number: number): number | undefined {
    for (const key of this.#tables.due.getKeys({
      start: [number, 0, 0],
      end: [number + 1, 0, 0],
      limit: 1,
    })) {
      return key[1]
    }
    return undefined
  }
}

function startAfter(number: number, after: number): readonly [number, number] {
  return [number, Math.max(0, Math.floor(after) + 1)]
}

function firstPosition(table: Tables['fresh'], number: number): number {
  for (const key of table.getKeys({ start: [number, 0], end: [number + 1, 0], limit: 1 })) return key[1]
  return Number.POSITIVE_INFINITY
}

/** Refuses names that are too long before anything is staged. */
function checkChange(change: QueueChange): void {
  let checked: string | undefined
  for (const { name } of change.cursors ?? []) checkStorageKey(name)
  for (const { queue, delivery } of change.put ?? []) {
    if (queue !== checked) checkStorageKey(queue)
    checked = queue
    if (delivery.lane !== undefined) checkStorageKey(delivery.lane)
  }
  for (const { log } of change.journal ?? []) checkStorageKey(log)
}
