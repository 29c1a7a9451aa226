import type { Documents } from '@millrace/spi'
import { liveVersions, newDelivery } from '../bus/index.ts'
import { type BusView, queueName, type RuleView, type Snapshot, type Snapshots } from '../resources/index.ts'
import {
  type BoundedRead,
  type BoundedReadParts,
  matchedCursor,
  type Put,
  readBounded,
} from './bounded-read.ts'
import { repeatUntilDone } from './repeat.ts'
import type { Targets } from './targets.ts'

export interface BackfillsParts extends BoundedReadParts {
  readonly documents: Documents
  readonly snapshots: Snapshots
  readonly targets: Targets
  onIdle(): void
}

/** The backfill of one rule as it is stored. `ruleCreatedAtMs` tells a rule from an older one of the same name. */
interface BackfillRecord {
  readonly ruleCreatedAtMs: number
  readonly from: number
  readonly to: number
  readonly isDone: boolean
}

interface Running {
  readonly stop: AbortController
  position: number
  readonly work: Promise<void>
}

/**
 * Brings rules that start before the tip their share of the past: what lies in the log before the rule was made is
 * routed into the targets' own queues. Deliveries are made in the order of positions, so an ordered target is held
 * until all of its past is in its queue.
 */
export class Backfills {
  readonly #parts: BackfillsParts
  readonly #running = new Map<string, Running>()
  #isStopping = false

  constructor(parts: BackfillsParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /**
   * Holds the ordered targets of backfills that are not done, before any target starts: what is routed live comes after
   * them. The returned function is to be called once `start` has taken over.
   */
  async holdUnfinished(snapshot: Snapshot): Promise<() => void> {
    const releases: (() => void)[] = []
    for (const view of snapshot.buses.values()) {
      for (const rule of view.rules.values()) {
        if (rule.spec.start === 'tip') continue
        const document = await this.#parts.documents.get(recordKey(view.key, rule.name))
        const record = document?.value as BackfillRecord | undefined
        if (record?.ruleCreatedAtMs !== rule.createdAtMs || !record.isDone)
          releases.push(...this.#hold(view, rule))
      }
    }
    return () => {
      for (const release of releases) release()
    }
  }

  /** Goes on with what is not done. A rule without a record was made in the moment before a crash. */
  async start(snapshot: Snapshot): Promise<void> {
    for (const view of snapshot.buses.values()) {
      for (const rule of view.rules.values()) {
        if (rule.spec.start === 'tip') continue
        const document = await this.#parts.documents.get(recordKey(view.key, rule.name))
        const record = document?.value as BackfillRecord | undefined
        if (record?.ruleCreatedAtMs !== rule.createdAtMs) this.#begin(view, rule, undefined)
        else if (!record.isDone) this.#begin(view, rule, record)
      }
    }
  }

  follow(next: Snapshot, previous: Snapshot): void {
    if (this.#isStopping) return
    for (const [key, view] of next.buses) {
      const before = previous.buses.get(key)
      if (view === before) continue
      for (const [name, rule] of view.rules) {
        const isNew = before?.rules.get(name)?.createdAtMs !== rule.createdAtMs
        if (isNew && rule.spec.start !== 'tip') this.#begin(view, rule, undefined)
      }
      for (const name of before?.rules.keys() ?? []) if (!view.rules.has(name)) this.#forget(key, name)
    }
    for (const [key, view] of previous.buses) {
      if (!next.buses.has(key)) for (const name of view.rules.keys()) this.#forget(key, name)
    }
  }

  /** Lowest position of a bus that a backfill has still to read. */
  unread(bus: string): number | undefined {
    let least: number | undefined
    for (const [name, { position }] of this.#running) {
      if (name.startsWith(`${bus}/`)) least = Math.min(least ?? position, position)
    }
    return least
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    for (const { stop } of this.#running.values()) stop.abort(new Error('the engine stops'))
    await Promise.all([...this.#running.values()].map(({ work }) => work))
  }

  #begin(view: BusView, rule: RuleView, record: BackfillRecord | undefined): void {
    const name = `${view.key}/${rule.name}`
    this.#running.get(name)?.stop.abort(new Error('the rule was made again'))
    const stop = new AbortController()
    const to = record?.to ?? this.#parts.logs.next(view.key)
    const holds = this.#hold(view, rule)
    const work = this.#work(view, rule, record, to, stop.signal)
      // Stopped: the next start goes on with it.
      .catch(() => {})
      .then(() => {
        for (const release of holds) release()
        if (this.#running.get(name)?.stop === stop) this.#running.delete(name)
        this.#parts.onIdle()
      })
    // Until it is known where it begins, nothing may be trimmed.
    this.#running.set(name, { stop, position: record?.from ?? 1, work })
  }

  /** Holds the ordered targets of the rule; returns what lets them go. */
  #hold(view: BusView, rule: RuleView): (() => void)[] {
    const releases: (() => void)[] = []
    for (const target of rule.spec.targets) {
      if (target.orderBy === undefined) continue
      releases.push(this.#parts.targets.hold(queueName(view.key, rule.name, target.id)))
    }
    return releases
  }

  async #work(
    view: BusView,
    rule: RuleView,
    record: BackfillRecord | undefined,
    to: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { documents, clock, log } = this.#parts
    const repeat = <Result>(work: () => Promise<Result>): Promise<Result> =>
      repeatUntilDone(work, clock, signal, ({ code }) => {
        log.warn('a backfill failed; it will be repeated', { bus: view.key, rule: rule.name, code })
      })
    const known = record ?? (await repeat(() => this.#prepare(view, rule, to)))
    await readBounded(this.#read(view, rule, known), this.#parts, signal)
    await repeat(() => documents.put(recordKey(view.key, rule.name), { ...known, isDone: true }))
  }

  async #prepare(view: BusView, rule: RuleView, to: number): Promise<BackfillRecord> {
    const { documents, queue } = this.#parts
    const key = recordKey(view.key, rule.name)
    // Cursors of an older rule of this name must not be mistaken for this one's. There is no queue of that name.
    await queue.drop(key, [key, matchedCursor(key)])
    const from = await this.#first(view, rule)
    const record = { ruleCreatedAtMs: rule.createdAtMs, from, to, isDone: false }
    await documents.put(key, record)
    return record
  }

  #read(view: BusView, rule: RuleView, { from, to }: BackfillRecord): BoundedRead {
    const name = `${view.key}/${rule.name}`
    return {
      cursorName: recordKey(view.key, rule.name),
      bus: view.key,
      from,
      to,
      ratePerSecondMax: undefined,
      select: entries => {
        const live = this.#parts.snapshots.current().buses.get(view.key)
        const put: Put[] = []
        let matched = 0
        for (const entry of live === undefined ? [] : entries) {
          const nowMs = this.#parts.clock.nowMs()
          const [version] = (live?.matcher.match(entry.bytes) ?? []).filter(found => found.rule === rule.name)
          // The pump routes what lies at or above the version; only what came before is the backfill's.
          if (version === undefined || live === undefined || isLive(live, entry, rule.name)) continue
          matched++
          for (const target of version.spec.targets) {
            put.push({
              queue: queueName(view.key, rule.name, target.id),
              delivery: newDelivery(entry.position, nowMs),
            })
          }
        }
        return { put, matched }
      },
      admit: (queues, signal) => this.#parts.targets.admit(queues, signal),
      onStep: ({ put, cursor }) => {
        const running = this.#running.get(name)
        if (running !== undefined) running.position = cursor
        const told = new Set<string>()
        for (const { queue, delivery } of put) {
          if (told.has(queue)) continue
          told.add(queue)
          this.#parts.targets.enqueued(queue, delivery.position)
        }
      },
    }
  }

  async #first(view: BusView, rule: RuleView): Promise<number> {
    const { logs } = this.#parts
    const { start } = rule.spec
    if (typeof start === 'object') return await logs.seek(view.key, Date.parse(start.time))
    return (await logs.stat(view.key)).first
  }

  #forget(bus: string, rule: string): void {
    this.#running.get(`${bus}/${rule}`)?.stop.abort(new Error('the rule was deleted'))
    // Left behind it would only be compared with the next rule of this name, and found to be another's.
    this.#parts.documents.delete(recordKey(bus, rule)).catch(() => {})
  }
}

function isLive(view: BusView, entry: Parameters<typeof liveVersions>[1], rule: string): boolean {
  return liveVersions(view, entry).some(version => version.rule === rule)
}

/** Key of the record, and name of the cursor. */
function recordKey(bus: string, rule: string): string {
  return `delivery/backfill/${bus}/${rule}`
}
