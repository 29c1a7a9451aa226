import { AppError, type Documents, type Random, retryNever } from '@millrace/spi'
import { type BusView, type RuleView, type Snapshot, type Snapshots } from '../resources/index.ts'
import { Backfills } from './backfill.ts'
import { busNotFound } from './errors.ts'
import { repeatUntilDone } from './repeat.ts'
import { Replay, type ReplayParts } from './replay.ts'
import { replayMatcher } from './replay-matcher.ts'
import {
  endedReplaysMax,
  type ReplayBound,
  replayKey,
  replayPrefix,
  type ReplayRecord,
  type ReplayRequest,
  type ReplayStatus,
  runningReplaysMax,
} from './replay-record.ts'
import type { Targets } from './targets.ts'

export interface ReplaysParts extends ReplayParts {
  readonly documents: Documents
  readonly snapshots: Snapshots
  readonly targets: Targets
  readonly random: Random
  onIdle(): void
}

const pageSize = 1_000

/** Everything that is read again: the replays that people ask for, and the backfills of new rules. */
export class Replays {
  readonly #parts: ReplaysParts
  readonly #running = new Map<string, Replay>()
  readonly #ending = new Map<string, Promise<void>>()
  /** Replays that had news while their ending was under way. */
  readonly #unseen = new Set<string>()
  readonly #backfills: Backfills
  readonly #stop = new AbortController()

  constructor(parts: ReplaysParts) {
    this.#parts = parts
    this.#backfills = new Backfills(parts)
  }

  get isIdle(): boolean {
    if (this.#ending.size > 0 || !this.#backfills.isIdle) return false
    for (const replay of this.#running.values()) if (!replay.isIdle) return false
    return true
  }

  /** Takes up the replays and backfills that were running. */
  async start(snapshot: Snapshot): Promise<void> {
    for (const record of await this.#records(replayPrefix)) {
      if (record.state !== 'running') continue
      this.#run(record, snapshot.buses.get(record.bus)?.rules.get(record.rule), record.to)
    }
    await this.#backfills.start(snapshot)
  }

  /** See `Backfills.holdUnfinished`. */
  holdUnfinished(snapshot: Snapshot): Promise<() => void> {
    return this.#backfills.holdUnfinished(snapshot)
  }

  follow(next: Snapshot, previous: Snapshot): void {
    this.#backfills.follow(next, previous)
    for (const replay of this.#running.values()) {
      const { bus, rule } = replay.record
      const view = next.buses.get(bus)?.rules.get(rule)
      if (view !== previous.buses.get(bus)?.rules.get(rule)) this.#adapt(replay, view)
    }
  }

  async begin(request: ReplayRequest): Promise<ReplayStatus> {
    const { snapshots, clock, random } = this.#parts
    const view = snapshots.current().buses.get(request.bus)
    if (view === undefined) throw busNotFound(request.bus)
    const rule = view.rules.get(request.rule)
    if (rule === undefined) throw invalid(`bus ${view.name} has no rule ${request.rule}`, 'rule')
    const targets = request.targets ?? rule.spec.targets.map(({ id }) => id)
    const unknown = targets.find(id => !rule.spec.targets.some(target => target.id === id))
    if (unknown !== undefined) throw invalid(`rule ${request.rule} has no target ${unknown}`, 'targets')
    const rate = request.ratePerSecondMax
    if (rate !== undefined && !(rate > 0)) throw invalid('the rate must be above 0', 'ratePerSecondMax')
    if (!/^[\w.-]{1,128}$/.test(request.mark ?? 'none')) throw invalid('the mark is not a name', 'mark')
    const record: ReplayRecord = {
      id: random.id(),
      bus: view.key,
      rule: rule.name,
      targets,
      ...(await this.#range(view, request)),
      ...(rate === undefined ? {} : { ratePerSecondMax: rate }),
      marked: request.marked ?? true,
      ...(request.mark === undefined ? {} : { mark: request.mark }),
      ...(request.filter === undefined ? {} : { filter: request.filter }),
      createdAtMs: clock.nowMs(),
      state: 'running',
      matched: 0,
    }
    if (request.dryRun === true) return await this.#dryRun(record, rule)
    this.#checkCount(view)
    await this.#save(record)
    // The rule may have changed while that was written. Of a stopping engine the next start takes the replay up.
    const present = snapshots.current().buses.get(view.key)?.rules.get(rule.name)
    return await this.#run(record, present, 0).status()
  }

  async list(bus: string): Promise<ReplayStatus[]> {
    const found: ReplayStatus[] = []
    for (const record of await this.#records(`${replayPrefix}${bus}/`)) {
      const running = this.#running.get(record.id)
      if (running !== undefined) found.push(await running.status())
      else if (record.state !== 'running') {
        found.push({ ...record, state: record.state, position: record.to, deliveries: 0 })
      }
    }
    return found
  }

  async cancel(bus: string, id: string): Promise<void> {
    const replay = this.#running.get(id)
    if (replay === undefined || replay.record.bus !== bus) {
      throw new AppError('replay.not-found', `Bus ${bus} has no running replay ${id}.`)
    }
    this.#end(id, () => this.#cancel(replay))
    await this.#ending.get(id)
  }

  /** Lets what waits for a person go on in all replays of a target; with a lane, only that key. */
  resume(queue: string, lane: string | undefined): void {
    for (const replay of this.#running.values()) replay.resume(queue, lane)
  }

  queuesOf(bus: string): string[] {
    return [...this.#running.values()]
      .filter(({ record }) => record.bus === bus)
      .flatMap(({ queues }) => queues)
  }

  /** Lowest position of a bus that is still to be read. */
  unread(bus: string): number | undefined {
    let least = this.#backfills.unread(bus)
    for (const replay of this.#running.values()) {
      if (replay.record.bus !== bus || replay.unread === undefined) continue
      least = Math.min(least ?? replay.unread, replay.unread)
    }
    return least
  }

  async stopReading(): Promise<void> {
    this.#stop.abort(new Error('the engine stops'))
    await this.#backfills.stop()
    await Promise.all([...this.#running.values()].map(replay => replay.stopReading()))
  }

  async drain(): Promise<void> {
    await Promise.all([...this.#running.values()].map(replay => replay.drain()))
  }

  async abort(): Promise<void> {
    await Promise.all([...this.#running.values()].map(replay => replay.abort()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#ending.values())
    await Promise.all([...this.#running.values()].map(replay => replay[Symbol.asyncDispose]()))
  }

  /** @param rule `undefined` when it is gone; then what the replay has put into its queues is ended */
  #run(record: ReplayRecord, rule: RuleView | undefined, restartedBelow: number): Replay {
    const onRest = (): void => this.#rest(record.id)
    const replay = new Replay(record, rule, restartedBelow, this.#parts, onRest)
    if (this.#stop.signal.aborted) return replay
    this.#running.set(record.id, replay)
    if (rule === undefined) this.#end(record.id, () => this.#cancel(replay))
    else replay.start()
    return replay
  }

  #adapt(replay: Replay, rule: RuleView | undefined): void {
    const { id } = replay.record
    if (rule === undefined) this.#end(id, () => this.#cancel(replay))
    else {
      replay.follow(rule)
      if (replay.hasLost) this.#rest(id)
    }
  }

  /**
   * A replay may have nothing to do, or has lost a target: if nothing is pending, it is done. Whoever reports this while
   * it is being looked at may know more than the look has seen, so there is another one afterwards.
   */
  #rest(id: string): void {
    const replay = this.#running.get(id)
    if (replay === undefined || this.#ending.has(id)) {
      if (replay !== undefined) this.#unseen.add(id)
      this.#parts.onIdle()
      return
    }
    if (!replay.isIdle && !replay.hasLost) {
      this.#parts.onIdle()
      return
    }
    this.#end(id, async () => {
      await replay.endRemoved(this.#stop.signal)
      if (!replay.isIdle || (await replay.pending()) > 0) return
      const { matched } = await replay.status()
      await replay.drain()
      await this.#close(replay, 'done', matched)
    })
  }

  async #cancel(replay: Replay): Promise<void> {
    await replay.cancel(this.#stop.signal)
    const { matched } = await replay.status()
    await this.#close(replay, 'cancelled', matched)
  }

  /**
   * The record is written before the cursor is dropped. A replay that still says running and has no cursor would be
   * read again from its beginning by the next start; a cursor that is left behind by a crash is in nobody's way.
   */
  async #close(replay: Replay, state: 'done' | 'cancelled', matched: number): Promise<void> {
    const { record } = replay
    await this.#save({ ...record, state, matched, endedAtMs: this.#parts.clock.nowMs() })
    await replay.forget()
    this.#running.delete(record.id)
    await replay[Symbol.asyncDispose]()
    await this.#forgetOldest(record.bus)
  }

  #end(id: string, work: () => Promise<void>): void {
    if (this.#stop.signal.aborted) return
    const before = this.#ending.get(id) ?? Promise.resolve()
    const { clock, log } = this.#parts
    const ending = before
      .then(() =>
        repeatUntilDone(
          () => (this.#running.has(id) ? work() : Promise.resolve()),
          clock,
          this.#stop.signal,
          ({ code }) => log.warn('ending a replay failed; it will be repeated', { replay: id, code }),
        ),
      )
      // Stopped: the record still says running, and the next start goes on with it.
      .catch(() => {})
      .then(() => {
        if (this.#ending.get(id) === ending) {
          this.#ending.delete(id)
          if (this.#unseen.delete(id) && this.#running.has(id)) this.#rest(id)
        }
        this.#parts.onIdle()
      })
    this.#ending.set(id, ending)
  }

  async #range(view: BusView, request: ReplayRequest): Promise<{ from: number; to: number }> {
    const { logs } = this.#parts
    await logs.open(view.key)
    const next = logs.next(view.key)
    const positionOf = async (bound: ReplayBound): Promise<number> =>
      'position' in bound ? bound.position : await logs.seek(view.key, bound.timeMs)
    const { first } = await logs.stat(view.key)
    const from = request.from === undefined ? first : Math.max(first, await positionOf(request.from))
    const to = request.to === undefined ? next : Math.min(next, await positionOf(request.to))
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
      throw invalid('a bound is no whole number', 'from')
    return { from, to: Math.max(from, to) }
  }

  async #dryRun(record: ReplayRecord, rule: RuleView): Promise<ReplayStatus> {
    const isWanted = replayMatcher(rule.spec, record.filter)
    let matched = 0
    let position = record.from
    while (position < record.to) {
      const limits = { entriesMax: 512, bytesMax: 4 * 1024 * 1024 }
      const entries = await this.#parts.logs.read(record.bus, position, limits)
      const last = entries.at(-1)
      if (last === undefined) break
      for (const { bytes, position: at } of entries) {
        if (at < record.to && isWanted(bytes)) matched++
      }
      position = last.position + 1
    }
    const deliveries = matched * record.targets.length
    return { ...record, matched, state: 'dry-run', position: record.to, deliveries }
  }

  #checkCount(view: BusView): void {
    const seen = [...this.#running.values()].filter(({ record }) => record.bus === view.key).length
    if (seen < runningReplaysMax) return
    throw new AppError(
      'replay.too-many',
      `Bus ${view.name} has ${seen} running replays, at most ${runningReplaysMax} are allowed.`,
      { kind: 'after', delayMs: 10_000 },
      { details: { limit: runningReplaysMax, seen } },
    )
  }

  async #records(prefix: string): Promise<ReplayRecord[]> {
    const records: ReplayRecord[] = []
    let after: string | undefined
    for (;;) {
      const options = after === undefined ? { limit: pageSize } : { after, limit: pageSize }
      const page = await this.#parts.documents.list(prefix, options)
      for (const { value } of page) records.push(value as ReplayRecord)
      after = page.at(-1)?.key
      if (page.length < pageSize) return records
    }
  }

  async #save(record: ReplayRecord): Promise<void> {
    await this.#parts.documents.put(replayKey(record.bus, record.id), record)
  }

  /** Ids sort by age, and so do the keys. */
  async #forgetOldest(bus: string): Promise<void> {
    const ended = (await this.#records(`${replayPrefix}${bus}/`)).filter(({ state }) => state !== 'running')
    for (const { id } of ended.slice(0, Math.max(0, ended.length - endedReplaysMax))) {
      await this.#parts.documents.delete(replayKey(bus, id))
    }
  }
}

function invalid(reason: string, path: string): AppError {
  return new AppError('replay.invalid', `The replay cannot be made: ${reason}.`, retryNever, {
    details: { path, reason },
  })
}
