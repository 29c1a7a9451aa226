import type { Delivery, Queue } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import type { Budget } from './budget.ts'
import { laneReadMax, Lanes, openLanesMax } from './lane.ts'
import { type Candidate, type Loaded, Loader } from './loader.ts'

/** Deliveries in memory beyond those in flight, so that a slot that falls free is filled without waiting for storage. */
export const prefetchMax = 64

/** Lanes looked at in one round. */
const lanesPerRound = 64

/** What a stock needs of its dispatcher. */
export interface StockHost {
  /** How many more deliveries may be in memory now. */
  room(): number
  /** The order key of an event; `undefined` where the target has no order. */
  keyOf(): ((event: Uint8Array) => string) | undefined
  /** Writes a delivery into its lane; `onVisible` is called when reads show it there. */
  spill(candidate: Candidate, key: string, onVisible: () => void): void
  /** Ends a delivery whose event is gone. */
  gone(delivery: Delivery): void
}

/**
 * The deliveries of one queue that are in memory and not in flight: those that are ready, and those that wait for
 * their predecessor. It decides what is loaded next, and keeps the order by key; it starts nothing.
 */
export class Stock {
  readonly #queueName: string
  readonly #queue: Queue
  readonly #loader: Loader
  readonly #lanes = new Lanes(prefetchMax)
  readonly #host: StockHost
  #ready: Candidate[] = []
  #isRestored = false
  /** Whether new deliveries are being read: what comes from the pump meanwhile must not be sorted in before them. */
  #isReading = false

  constructor(
    queueName: string,
    bus: string,
    queue: Queue,
    logs: EventLogs,
    budget: Budget,
    host: StockHost,
  ) {
    this.#queueName = queueName
    this.#queue = queue
    this.#loader = new Loader(queueName, bus, queue, logs, budget)
    this.#host = host
  }

  get readyCount(): number {
    return this.#ready.length
  }

  /** Followers that wait in memory. */
  get waitingCount(): number {
    return this.#lanes.waitingCount
  }

  /** Whether the byte allowance lets this queue take more. */
  get isAllowed(): boolean {
    return this.#loader.hasRoom
  }

  /** When the next delivery becomes due, outside of lanes and in them. */
  get dueTimes(): readonly [loose: number | undefined, laned: number | undefined] {
    return [this.#loader.nextDueAtMs, this.#lanes.nextDueAtMs]
  }

  /** Whether anything is ready, or could be loaded now. */
  hasWork(nowMs: number): boolean {
    const isDue = this.dueTimes.some(dueAtMs => dueAtMs !== undefined && dueAtMs <= nowMs)
    return (
      !this.#isRestored || isDue || this.#ready.length > 0 || this.#loader.hasFresh || this.#lanes.hasToLoad
    )
  }

  /** Whether another round of `fill` would bring something at once, if there is room. */
  hasToFill(nowMs: number): boolean {
    const dueAtMs = this.#loader.nextDueAtMs
    return (dueAtMs !== undefined && dueAtMs <= nowMs) || this.#mayLoadFresh
  }

  /** Names of parked lanes, at most `limit`. */
  parked(limit: number): string[] {
    return this.#lanes.parked(limit)
  }

  /** Takes deliveries from the pump, if there is nothing before them; returns how many, from the first on. */
  offer(candidates: readonly Candidate[]): number {
    if (!this.#isRestored || this.#isReading || this.#lanes.openCount >= openLanesMax) return 0
    const taken = this.#loader.take(candidates, this.#host.room())
    this.#admit({ candidates: candidates.slice(0, taken), gone: [] })
    return taken
  }

  /** See `Loader.appended`. */
  appended(first: number | undefined, last: number): void {
    this.#loader.appended(first, last)
  }

  /** See `Loader.enqueued`. */
  enqueued(position: number): void {
    this.#loader.enqueued(position)
  }

  /** Loads one round of what is next, as far as there is room: lanes that go on, retries that are due, new ones. */
  async fill(nowMs: number): Promise<void> {
    if (!this.#isRestored) await this.#restore()
    await this.#fillFromLanes(nowMs)
    const dueAtMs = this.#loader.nextDueAtMs
    if (dueAtMs !== undefined && dueAtMs <= nowMs && this.#hasRoom) {
      // Retries come first, but leave half of the room to those that were never attempted.
      const room = this.#host.room()
      const limit = this.#loader.hasFresh ? Math.ceil(room / 2) : room
      this.#admit(await this.#loader.due(limit, nowMs))
    }
    if (this.#mayLoadFresh && this.#hasRoom) await this.#fillFresh()
  }

  /** The oldest deliveries from before a time that nobody holds, in no lane. They are held until released or settled. */
  async olderThan(enqueuedAtMs: number, limit: number): Promise<Candidate[]> {
    const loaded = await this.#loader.olderThan(enqueuedAtMs, limit)
    for (const delivery of loaded.gone) this.#host.gone(delivery)
    const loose = loaded.candidates.filter(({ key }) => key === undefined)
    for (const candidate of loaded.candidates)
      if (candidate.key !== undefined) this.release(candidate.delivery.position)
    return loose
  }

  /** The next delivery to start. */
  next(): Candidate | undefined {
    return this.#ready.shift()
  }

  /** A delivery has ended: the next one of its key may start. */
  ended({ key }: Candidate): void {
    const next = key === undefined ? undefined : this.#lanes.ended(key)
    if (next !== undefined) this.#ready.push(next)
  }

  /** A delivery was sent back to wait, in its lane where it has a key; `undefined` waits for a person. */
  postponed({ key }: Candidate, dueAtMs: number | undefined): void {
    if (key === undefined) return
    const followers = dueAtMs === undefined ? this.#lanes.park(key) : this.#lanes.paused(key, dueAtMs)
    for (const follower of followers) {
      if (follower.delivery.lane === undefined) this.#spill(follower, key)
      else this.release(follower.delivery.position)
    }
  }

  /** What `postponed` was told is visible in storage. */
  visible({ key }: Candidate, dueAtMs: number): void {
    if (key === undefined) this.#loader.postponed(dueAtMs)
    else this.#lanes.spilled(key)
  }

  /** Lets go of a position: it has ended, or storage shows its new state. */
  release(position: number): void {
    this.#loader.release(position)
  }

  /** Lets parked lanes go on: all, or the one named. */
  resume(lane: string | undefined): void {
    this.#lanes.resume(lane)
  }

  /** Puts back a delivery that was not attempted after all, and its followers. */
  putBack(candidate: Candidate): void {
    this.#loader.putBack(candidate)
    if (candidate.key === undefined) return
    for (const follower of this.#lanes.unload(candidate.key)) this.#loader.putBack(follower)
  }

  /** Puts everything back. */
  unload(): void {
    const ready = this.#ready
    this.#ready = []
    for (const candidate of ready) this.putBack(candidate)
    for (const follower of this.#lanes.unloadFollowers()) this.#loader.putBack(follower)
  }

  get #hasRoom(): boolean {
    return this.#host.room() > 0 && this.#loader.hasRoom
  }

  get #mayLoadFresh(): boolean {
    return this.#loader.hasFresh && this.#lanes.openCount < openLanesMax
  }

  async #restore(): Promise<void> {
    // More than the limit can be there: followers of deliveries that were in flight open lanes, too.
    for (const lane of await this.#queue.lanes(this.#queueName, 2 * openLanesMax)) this.#lanes.restore(lane)
    this.#isRestored = true
  }

  async #fillFresh(): Promise<void> {
    this.#isReading = true
    try {
      this.#admit(await this.#loader.fresh(this.#host.room()))
    } finally {
      this.#isReading = false
    }
  }

  async #fillFromLanes(nowMs: number): Promise<void> {
    for (const lane of this.#lanes.toLoad(nowMs, lanesPerRound)) {
      if (!this.#hasRoom) return
      const limit = Math.max(1, Math.min(laneReadMax, prefetchMax - this.#lanes.waitingCount))
      const { candidates, gone, isComplete } = await this.#loader.lane(lane.key, limit)
      for (const delivery of gone) this.#host.gone(delivery)
      const head = this.#lanes.loaded(lane, candidates, nowMs, isComplete && gone.length === 0)
      if (head !== undefined) this.#ready.push(head)
      else for (const { delivery } of candidates) this.release(delivery.position)
    }
  }

  /** Sorts what was loaded: ready, waiting for its predecessor, or off into its lane. */
  #admit({ candidates, gone }: Loaded): void {
    for (const delivery of gone) this.#host.gone(delivery)
    const keyOf = this.#host.keyOf()
    for (const candidate of candidates) {
      if (keyOf === undefined) {
        this.#ready.push(candidate)
        continue
      }
      const key = keyOf(candidate.entry.bytes)
      const keyed = { ...candidate, key }
      const admission = this.#lanes.admit(key, keyed)
      if (admission === 'start') this.#ready.push(keyed)
      else if (admission === 'spill') this.#spill(keyed, key)
    }
  }

  #spill(candidate: Candidate, key: string): void {
    this.#host.spill(candidate, key, () => this.#lanes.spilled(key))
  }
}
