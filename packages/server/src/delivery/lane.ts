import { DueHeap } from './due-heap.ts'
import type { Candidate } from './loader.ts'

/** Lanes that one queue may have open; at this number it takes no new deliveries until one closes. */
export const openLanesMax = 10_000

/** Followers of one key that are read from its lane at a time. */
export const laneReadMax = 16

/**
 * One key of an ordered target, from its first delivery in memory until nothing of it is left.
 *
 * - *busy*: one delivery of the key is ready or in flight.
 * - *paused*: the head has failed and waits in the lane for its time.
 * - *loading*: the lane is to be read for the next delivery.
 * - *parked*: the head is exhausted and the policy says to block; somebody must resume it.
 *
 * `isOpen` says that deliveries of the key are in the persisted lane. From then on every follower that is met goes
 * there too, so the lane, read in the order of positions, is the order of the key.
 */
interface Line {
  state: 'busy' | 'paused' | 'loading' | 'parked'
  isOpen: boolean
  /** Followers in memory, in order, all below those that are only in the lane. */
  waiting: Candidate[]
  /** Deliveries on their way into the lane, not yet visible there. */
  spilling: number
  /** Deliveries ever sent into the lane: tells a reader whether one was sent while it read. */
  sent: number
}

/** A lane to be read, and how many deliveries had been sent into it when the reading began. */
export interface LaneToLoad {
  readonly key: string
  readonly sent: number
}

/** What to do with a delivery that was met. */
export type Admission = 'start' | 'wait' | 'spill'

/** Order by key of one queue: decides who may start, who waits in memory and who goes into a lane. No I/O. */
export class Lanes {
  readonly #lines = new Map<string, Line>()
  readonly #due = new DueHeap<string>()
  readonly #loading = new Set<string>()
  readonly #waitingMax: number
  #waiting = 0
  #open = 0

  /** @param waitingMax followers that wait in memory, of all keys together */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  get openCount(): number {
    return this.#open
  }

  /** Followers in memory. */
  get waitingCount(): number {
    return this.#waiting
  }

  get nextDueAtMs(): number | undefined {
    return this.#due.nextDueAtMs
  }

  /** Names of parked lanes, at most `limit`. */
  parked(limit: number): string[] {
    const names: string[] = []
    for (const [key, line] of this.#lines) {
      if (line.state !== 'parked') continue
      names.push(key)
      if (names.length === limit) break
    }
    return names
  }

  /** A lane found in storage at the start: it is looked at as soon as there is room. */
  restore(key: string): void {
    if (this.#lines.has(key)) return
    this.#setOpen(this.#line(key))
    this.#load(key)
  }

  /** A delivery outside lanes was met. */
  admit(key: string, candidate: Candidate): Admission {
    const line = this.#lines.get(key)
    if (line === undefined) {
      this.#line(key)
      return 'start'
    }
    if (!line.isOpen && this.#waiting < this.#waitingMax) {
      line.waiting.push(candidate)
      this.#waiting++
      return 'wait'
    }
    this.#setOpen(line)
    send(line)
    return 'spill'
  }

  /** A delivery that was sent into its lane is visible there. */
  spilled(key: string): void {
    const line = this.#lines.get(key)
    if (line !== undefined) line.spilling--
  }

  /** The head of a key has ended. Returns the next one to start, if it is in memory. */
  ended(key: string): Candidate | undefined {
    const line = this.#lines.get(key)
    if (line === undefined) return undefined
    const next = line.waiting.shift()
    if (next !== undefined) {
      this.#waiting--
      return next
    }
    if (line.isOpen) this.#load(key)
    else this.#lines.delete(key)
    return undefined
  }

  /**
   * The head is sent into its lane to wait until `dueAtMs`. Returns the followers in memory; those outside the lane are
   * to be sent there, too. `spilled` must be told of each.
   */
  paused(key: string, dueAtMs: number): Candidate[] {
    const followers = this.#close(key, 'paused')
    this.#due.push(dueAtMs, key)
    return followers
  }

  /** The head waits in its lane until it is resumed. Returns the followers as `paused` does. */
  park(key: string): Candidate[] {
    return this.#close(key, 'parked')
  }

  /** Lets a parked lane go on; all of them without a key. */
  resume(key: string | undefined): void {
    for (const [name, line] of this.#lines) {
      if (line.state === 'parked' && (key === undefined || key === name)) this.#load(name)
    }
  }

  /**
   * Lanes that are to be read now, at most `limit`; each must be answered by `loaded`, or is asked for again. One that
   * something is on its way into has to wait: it may come before what a reader would find.
   */
  toLoad(nowMs: number, limit: number): LaneToLoad[] {
    for (let key = this.#due.popDue(nowMs); key !== undefined; key = this.#due.popDue(nowMs)) {
      if (this.#lines.get(key)?.state === 'paused') this.#load(key)
    }
    const lanes: LaneToLoad[] = []
    for (const key of this.#loading) {
      if (lanes.length === limit) break
      const line = this.#lines.get(key)
      if (line?.spilling === 0) lanes.push({ key, sent: line.sent })
    }
    return lanes
  }

  get hasToLoad(): boolean {
    return this.#loading.size > 0
  }

  /**
   * A lane was read. `found` are its first deliveries that nobody holds. Returns the head to start; a lane that is empty,
   * and was seen to its end, closes.
   */
  loaded(
    { key, sent }: LaneToLoad,
    found: readonly Candidate[],
    nowMs: number,
    isComplete: boolean,
  ): Candidate | undefined {
    const line = this.#lines.get(key)
    if (line === undefined || line.state !== 'loading') return undefined
    // Sent while it was read: the reader may have missed it, and is asked again.
    if (line.sent !== sent) return undefined
    const [head, ...followers] = found
    if (head === undefined) {
      if (isComplete) this.#forget(key, line)
      return undefined
    }
    this.#loading.delete(key)
    if (head.delivery.dueAtMs > nowMs) {
      line.state = 'paused'
      this.#due.push(head.delivery.dueAtMs, key)
      return undefined
    }
    line.state = 'busy'
    line.waiting = followers
    this.#waiting += followers.length
    return head
  }

  /** Forgets a key whose head was put back unstarted; returns the followers that were in memory. */
  unload(key: string): Candidate[] {
    const line = this.#lines.get(key)
    if (line === undefined) return []
    const followers = this.#takeWaiting(line)
    if (line.isOpen) this.#load(key)
    else this.#lines.delete(key)
    return followers
  }

  /** Takes all followers out of memory; what is in flight stays the head of its key. */
  unloadFollowers(): Candidate[] {
    return [...this.#lines.values()].flatMap(line => this.#takeWaiting(line))
  }

  #line(key: string): Line {
    const line: Line = { state: 'busy', isOpen: false, waiting: [], spilling: 0, sent: 0 }
    this.#lines.set(key, line)
    return line
  }

  #close(key: string, state: 'paused' | 'parked'): Candidate[] {
    const line = this.#lines.get(key) ?? this.#line(key)
    line.state = state
    this.#setOpen(line)
    const followers = this.#takeWaiting(line)
    send(line)
    for (const { delivery } of followers) if (delivery.lane === undefined) send(line)
    return followers
  }

  #load(key: string): void {
    const line = this.#lines.get(key)
    if (line !== undefined) line.state = 'loading'
    this.#loading.add(key)
  }

  #setOpen(line: Line): void {
    if (line.isOpen) return
    line.isOpen = true
    this.#open++
  }

  #forget(key: string, line: Line): void {
    if (line.isOpen) this.#open--
    this.#loading.delete(key)
    this.#lines.delete(key)
  }

  #takeWaiting(line: Line): Candidate[] {
    const { waiting } = line
    line.waiting = []
    this.#waiting -= waiting.length
    return waiting
  }
}

function send(line: Line): void {
  line.spilling++
  line.sent++
}
