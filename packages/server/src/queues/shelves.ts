import type { Delivery, Queue, QueueChange, QueueStat } from '@millrace/spi'
import { priorityMax } from './limits.ts'
import { decodeMark } from './mark.ts'

/** Log of a queue's messages. No bus is called so: names of users begin with a letter or digit. */
export function messageLog(key: string): string {
  return key.replace('/', '/$queue.')
}

const priorities = Array.from({ length: priorityMax }, (_, index) => index + 1)

/**
 * Where the references of one queue's messages lie in storage, by state: a shelf for each priority of those that can be
 * received, one for the hidden and one for those put off. What can be counted by a shelf needs no counter of its own.
 */
export class Shelves {
  readonly hidden: string
  readonly delayed: string
  readonly #queue: Queue
  readonly #ready: readonly string[]
  /** Priorities whose shelf was not empty at the start, or was written to since, in order. */
  #used: readonly number[] = []

  constructor(queue: Queue, key: string) {
    const log = messageLog(key)
    this.#queue = queue
    this.hidden = `${log}/hidden`
    this.delayed = `${log}/delayed`
    this.#ready = priorities.map(priority => `${log}/ready/${priority}`)
  }

  /** Learns which shelves hold something. */
  async open(): Promise<void> {
    const stats = await Promise.all(this.#ready.map(shelf => this.#queue.stat(shelf)))
    this.#used = priorities.filter((_, index) => (stats[index]?.pending ?? 0) > 0)
  }

  ready(priority: number): string {
    if (!this.#used.includes(priority)) {
      this.#used = [...this.#used, priority].sort((left, right) => left - right)
    }
    return this.#ready[priority - 1] ?? ''
  }

  /** The shelf on which a message that counts by a receipt handle lies. */
  held(attempts: number): string {
    return decodeMark(attempts).receives > 0 ? this.hidden : this.delayed
  }

  /** At most so many that can be received: by priority, then by the time since when they can. */
  async receivable(limit: number): Promise<Delivery[]> {
    const found: Delivery[] = []
    for (const priority of this.#used) {
      if (found.length >= limit) break
      const shelf = this.ready(priority)
      const room = limit - found.length
      const [fresh, returned] = await Promise.all([
        this.#queue.read(shelf, { kind: 'fresh', after: 0 }, room),
        this.#queue.read(shelf, { kind: 'due', nowMs: Number.MAX_SAFE_INTEGER }, room),
      ])
      found.push(...inOrder(fresh, returned, room))
    }
    return found
  }

  /** Messages in each state. */
  async count(): Promise<{ active: number; inactive: number; delayed: number }> {
    const pendingOf = async (shelf: string): Promise<number> => (await this.#queue.stat(shelf)).pending
    const ready = await Promise.all(this.#used.map(priority => pendingOf(this.ready(priority))))
    const [inactive, delayed] = await Promise.all([pendingOf(this.hidden), pendingOf(this.delayed)])
    return { active: ready.reduce((sum, pending) => sum + pending, 0), inactive, delayed }
  }

  /** Those hidden, or put off, whose time is over. */
  due(shelf: string, nowMs: number, limit: number): Promise<Delivery[]> {
    return this.#queue.read(shelf, { kind: 'due', nowMs }, limit)
  }

  stat(shelf: string): Promise<QueueStat> {
    return this.#queue.stat(shelf)
  }

  /** The message at a position of one shelf. */
  async at(shelf: string, position: number): Promise<Delivery | undefined> {
    const [found] = await this.#queue.read(shelf, { kind: 'all', after: position - 1 }, 1)
    return found?.position === position ? found : undefined
  }

  /** Whether the message at a position is there in any state. */
  async has(position: number): Promise<boolean> {
    for (const shelf of this.all) {
      if ((await this.at(shelf, position)) !== undefined) return true
    }
    return false
  }

  /** At most so many below a position, on one shelf. */
  async below(shelf: string, position: number, limit: number): Promise<Delivery[]> {
    const { oldestPosition } = await this.#queue.stat(shelf)
    if (oldestPosition === undefined || oldestPosition >= position) return []
    const found = await this.#queue.read(shelf, { kind: 'all', after: 0 }, limit)
    return found.filter(delivery => delivery.position < position)
  }

  /** Lowest position of all messages; `undefined` when there is none. */
  async oldest(): Promise<number | undefined> {
    const stats = await Promise.all(this.all.map(shelf => this.#queue.stat(shelf)))
    const positions = stats.flatMap(({ oldestPosition }) => oldestPosition ?? [])
    return positions.length === 0 ? undefined : Math.min(...positions)
  }

  commit(change: QueueChange): Promise<void> {
    return this.#queue.commit(change, 'durable')
  }

  /** Removes everything. */
  async drop(): Promise<void> {
    for (const shelf of [...this.#ready, this.hidden, this.delayed]) await this.#queue.drop(shelf, [])
    this.#used = []
  }

  get all(): readonly string[] {
    return [...this.#used.map(priority => this.ready(priority)), this.hidden, this.delayed]
  }
}

/** Those that were never hidden count from their sending, the others from the end of their hiding or delay. */
function inOrder(fresh: readonly Delivery[], returned: readonly Delivery[], limit: number): Delivery[] {
  if (returned.length === 0) return [...fresh]
  const sinceMs = ({ dueAtMs, enqueuedAtMs }: Delivery): number => (dueAtMs === 0 ? enqueuedAtMs : dueAtMs)
  return [...fresh, ...returned]
    .sort((left, right) => sinceMs(left) - sinceMs(right) || left.position - right.position)
    .slice(0, limit)
}
