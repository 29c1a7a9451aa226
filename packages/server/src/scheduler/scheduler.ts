import { createHash } from 'node:crypto'
import { type Clock, type Documents, type PluginLog, toAppError } from '@millrace/spi'
import type { Snapshot, Snapshots } from '../resources/index.ts'
import {
  changedFunctions,
  type DueTime,
  dueTime,
  type Timer,
  timerEvent,
  type TimerState,
  timersOf,
} from './timers.ts'

/** One call of a function by a timer. */
export interface TimerCall {
  readonly account: string
  readonly functionName: string
  readonly qualifier: string | undefined
  readonly event: Uint8Array
  /** The same for the same timer and time, in every life of the server. */
  readonly requestId: string
}

export interface SchedulerParts {
  readonly snapshots: Snapshots
  readonly documents: Documents
  readonly clock: Clock
  readonly log: PluginLog
  /** Resolves when the call is durable. */
  readonly call: (call: TimerCall) => Promise<void>
}

/** Fires the timer triggers of functions. */
export interface Scheduler extends AsyncDisposable {
  /** Takes up the timers where the process before has left them. To be called once. */
  start(): Promise<void>
}

export function createScheduler(parts: SchedulerParts): Scheduler {
  return new TimerWheel(parts)
}

interface Entry {
  readonly timer: Timer
  state: TimerState
  /** When it is to be looked at; the next time of its schedule, or sooner after a failure. */
  lookAtMs: number
  failures: number
}

/** Timers that fire at once at most; the others wait for them. */
const firingMax = 64
const pauseMsMin = 1_000
const pauseMsMax = 60_000
/** A clock's timers go no further; a wheel that has nothing to do sooner looks again then. */
const sleepMsMax = 6 * 3_600_000

const documentOf = (key: string): string => `timer/${key}`

/**
 * One clock timer for all triggers. A timer that was due while no server ran fires once, however many times it has
 * missed. It fires again rather than not at all: the call is durable before its time is written down as served, and
 * has the same request id when it is made a second time.
 */
class TimerWheel implements Scheduler {
  readonly #parts: SchedulerParts
  readonly #entries = new Map<string, Entry>()
  readonly #firing = new Map<string, Promise<void>>()
  #alarm: Disposable | undefined
  #subscription: Disposable | undefined
  #following: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const { snapshots } = this.#parts
    const first = snapshots.current()
    this.#subscription = snapshots.subscribe((next, previous) => this.#follow(next, previous))
    this.#follow(first, undefined)
    await this.#following
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    this.#subscription?.[Symbol.dispose]()
    this.#alarm?.[Symbol.dispose]()
    await this.#following
    await Promise.all(this.#firing.values())
  }

  /** Snapshots are followed one after another: reading where a timer stands takes time. */
  #follow(next: Snapshot, previous: Snapshot | undefined): void {
    const { changed, gone } = changedFunctions(next, previous)
    if (changed.length === 0 && gone.length === 0) return
    this.#following = this.#following.then(async () => {
      for (const key of gone) await this.#replace(key, [])
      for (const view of changed) await this.#replace(view.key, timersOf(view))
      this.#arm()
    })
  }

  async #replace(functionKey: string, timers: readonly Timer[]): Promise<void> {
    const wanted = new Set(timers.map(timer => timer.key))
    for (const key of this.#entries.keys()) {
      if (!key.startsWith(`${functionKey}/`) || wanted.has(key)) continue
      this.#entries.delete(key)
      await this.#write(key, undefined)
    }
    for (const timer of timers) {
      const state = await this.#stateOf(timer)
      const lookAtMs = timer.schedule.next(state.servedMs, state.anchorMs) ?? Number.POSITIVE_INFINITY
      this.#entries.set(timer.key, { timer, state, lookAtMs, failures: 0 })
    }
  }

  /** A timer that is new, or whose schedule was changed, begins now. */
  async #stateOf(timer: Timer): Promise<TimerState> {
    const known = this.#entries.get(timer.key)?.state ?? (await this.#read(timer.key))
    if (known?.text === timer.text) return known
    const nowMs = this.#parts.clock.nowMs()
    const state = { text: timer.text, anchorMs: nowMs, servedMs: nowMs }
    await this.#write(timer.key, state)
    return state
  }

  async #read(key: string): Promise<TimerState | undefined> {
    return (await this.#parts.documents.get(documentOf(key)))?.value as TimerState | undefined
  }

  /** A time that could not be written down is served a second time after a restart at the worst. */
  async #write(key: string, state: TimerState | undefined): Promise<void> {
    const { documents, log } = this.#parts
    try {
      if (state === undefined) await documents.delete(documentOf(key))
      else await documents.put(documentOf(key), state)
    } catch (thrown) {
      log.warn('the state of a timer could not be stored', { timer: key, code: toAppError(thrown).code })
    }
  }

  #arm(): void {
    this.#alarm?.[Symbol.dispose]()
    if (this.#isStopped) return
    let soonestMs = Number.POSITIVE_INFINITY
    for (const [key, entry] of this.#entries) {
      if (!this.#firing.has(key)) soonestMs = Math.min(soonestMs, entry.lookAtMs)
    }
    if (soonestMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.min(sleepMsMax, Math.max(0, soonestMs - this.#parts.clock.nowMs()))
    this.#alarm = this.#parts.clock.timer(delayMs, () => this.#look())
  }

  #look(): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const [key, entry] of this.#entries) {
      if (this.#firing.size >= firingMax) break
      if (entry.lookAtMs > nowMs || this.#firing.has(key)) continue
      const due = dueTime(entry.timer, entry.state, nowMs)
      if (due === undefined) {
        entry.lookAtMs = entry.timer.schedule.next(entry.state.servedMs, entry.state.anchorMs) ?? Infinity
        continue
      }
      const turn = this.#fire(entry, due).finally(() => {
        this.#firing.delete(key)
        this.#arm()
      })
      this.#firing.set(key, turn)
    }
    if (this.#firing.size < firingMax) this.#arm()
  }

  async #fire(entry: Entry, due: DueTime): Promise<void> {
    const { clock, log, call } = this.#parts
    const { timer } = entry
    const { account, functionName, qualifier } = timer
    if (due.missed > 0)
      log.warn('a timer has missed times and fires once', { timer: timer.key, missed: due.missed })
    try {
      const requestId = timerRequestId(timer.key, due.atMs)
      await call({ account, functionName, qualifier, event: timerEvent(timer, due.atMs), requestId })
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.retry.kind !== 'never') {
        entry.failures++
        entry.lookAtMs = clock.nowMs() + Math.min(pauseMsMax, pauseMsMin * 2 ** (entry.failures - 1))
        log.warn('a timer could not fire; it will try again', { timer: timer.key, code: error.code })
        return
      }
      log.error('a timer could not fire', { timer: timer.key, code: error.code, reason: error.message })
    }
    entry.failures = 0
    entry.state = { ...entry.state, servedMs: due.atMs }
    entry.lookAtMs = timer.schedule.next(due.atMs, entry.state.anchorMs) ?? Number.POSITIVE_INFINITY
    // A timer that was removed meanwhile leaves nothing behind.
    if (this.#entries.get(timer.key) === entry) await this.#write(timer.key, entry.state)
  }
}

/** In the form of all request ids: `1-<seconds>-<8 hex>-<12 hex>`. */
function timerRequestId(key: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1_000)
  const digest = createHash('sha256').update(`${key}@${atMs}`).digest('hex')
  return `1-${seconds.toString(16).padStart(8, '0')}-${digest.slice(0, 8)}-${digest.slice(8, 20)}`
}
