import type { Clock, SourceRecord } from '@millrace/spi'
import { assert } from '@millrace/spi'
import type { AcknowledgeResult, HideResult, Receipt } from './client/index.ts'
import type { Fault } from './child/index.ts'
import type { Shelved } from './shelf.ts'

/** Receipts of one request to the client process. */
const receiptsMax = 32

/**
 * A message that was received and is not done with. `held` → `acknowledging` → `done`, or back to `held` when that failed; `lost`
 * from either, when the server has given it to another reader.
 */
export interface Held extends Shelved {
  readonly record: SourceRecord
  receipt: Receipt
  /** When the server shows it to others, unless it is told otherwise. */
  visibleAtMs: number
  state: 'held' | 'acknowledging' | 'done' | 'lost'
  /** A request that makes it invisible for longer is under way; its receipt changes by that. */
  prolonging: Promise<void>
  acknowledging: Promise<Fault | Error | undefined>
}

export interface HoldingCalls {
  acknowledge(receipts: readonly Receipt[]): Promise<readonly AcknowledgeResult[]>
  hide(receipts: readonly Receipt[], invisibleMs: number): Promise<readonly HideResult[]>
  isLost(fault: Fault): boolean
  /** The record is out of hands: acknowledged, or lost. */
  released(held: Held): void
}

/**
 * The messages that this reader has and others must not see. Each is made invisible anew when a third of its time is over, until
 * it is acknowledged or given back. A receipt counts for whichever client shows it, so that all of this outlives a client.
 */
export class Holding {
  readonly #clock: Clock
  readonly #calls: HoldingCalls
  readonly #invisibleMs: number
  readonly #live = new Set<Held>()
  readonly #byRecord = new WeakMap<SourceRecord, Held>()
  #timer: Disposable | undefined
  #isClosed = false

  constructor(clock: Clock, invisibleMs: number, calls: HoldingCalls) {
    this.#clock = clock
    this.#invisibleMs = invisibleMs
    this.#calls = calls
  }

  get size(): number {
    return this.#live.size
  }

  /** The message has just been received. */
  add(record: SourceRecord, receipt: Receipt, group: string | undefined): Held {
    const held: Held = {
      record,
      receipt,
      group,
      visibleAtMs: this.#clock.nowMs() + this.#invisibleMs,
      state: 'held',
      prolonging: Promise.resolve(),
      acknowledging: Promise.resolve(undefined),
    }
    this.#live.add(held)
    this.#byRecord.set(record, held)
    this.#arm()
    return held
  }

  /** Resolves with what became of each: undefined when the server knows, else the fault; lost ones have `isLost` faults. */
  async acknowledge(records: readonly SourceRecord[]): Promise<(Fault | Error | 'lost' | undefined)[]> {
    const entries = records.map(record => {
      const held = this.#byRecord.get(record)
      assert(held !== undefined, 'a record that is committed was read here')
      return held
    })
    const mine = [...new Set(entries)].filter(({ state }) => state === 'held')
    for (let at = 0; at < mine.length; at += receiptsMax)
      this.#acknowledgeSome(mine.slice(at, at + receiptsMax))
    return await Promise.all(
      entries.map(async held => {
        const fault = await held.acknowledging
        return held.state === 'lost' ? 'lost' : fault
      }),
    )
  }

  /** Shows what is held to other readers at once, as far as the server can be reached. Nothing is prolonged any more. */
  async giveBack(): Promise<void> {
    this.#isClosed = true
    this.#timer?.[Symbol.dispose]()
    // Neither of them rejects.
    await Promise.all([...this.#live].map(({ prolonging }) => prolonging))
    await Promise.all([...this.#live].map(({ acknowledging }) => acknowledging))
    const left = [...this.#live].filter(({ state }) => state === 'held')
    this.#live.clear()
    for (let at = 0; at < left.length; at += receiptsMax) {
      const receipts = left.slice(at, at + receiptsMax).map(({ receipt }) => receipt)
      // The server's next look at hidden messages shows them; zero would stand for its own default.
      await this.#calls.hide(receipts, 1)
    }
  }

  #acknowledgeSome(some: readonly Held[]): void {
    for (const held of some) held.state = 'acknowledging'
    const work = (async () => {
      // A receipt that is being replaced would acknowledge nothing, and yet be taken.
      await Promise.all(some.map(({ prolonging }) => prolonging))
      return await this.#calls.acknowledge(some.map(({ receipt }) => receipt))
    })()
    for (const [index, held] of some.entries()) {
      held.acknowledging = work.then(
        results => this.#settle(held, results[index]),
        (thrown: unknown) => this.#settle(held, thrown instanceof Error ? thrown : new Error(String(thrown))),
      )
    }
  }

  #settle(held: Held, failure: Fault | Error | undefined): Fault | Error | undefined {
    if (failure === undefined) this.#release(held, 'done')
    else if (!(failure instanceof Error) && this.#calls.isLost(failure)) this.#release(held, 'lost')
    else if (held.state === 'acknowledging') held.state = 'held'
    return failure
  }

  #release(held: Held, state: 'done' | 'lost'): void {
    held.state = state
    if (this.#live.delete(held)) this.#calls.released(held)
    if (this.#live.size > 0) return
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  #arm(): void {
    if (this.#isClosed || this.#timer !== undefined) return
    this.#timer = this.#clock.timer(Math.floor(this.#invisibleMs / 6), () => {
      this.#timer = undefined
      void this.#prolong().finally(() => {
        if (this.#live.size > 0) this.#arm()
      })
    })
  }

  async #prolong(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const due: Held[] = []
    for (const held of this.#live) {
      if (held.visibleAtMs <= nowMs) this.#release(held, 'lost')
      else if (held.state === 'held' && held.visibleAtMs - nowMs <= (this.#invisibleMs * 2) / 3)
        due.push(held)
    }
    for (let at = 0; at < due.length; at += receiptsMax) {
      const some = due.slice(at, at + receiptsMax).filter(({ state }) => state === 'held')
      const work = this.#prolongSome(some)
      for (const held of some) held.prolonging = work
      await work
    }
  }

  /** Never rejects: what could not be prolonged is tried at the next round, or lost by then. */
  async #prolongSome(some: readonly Held[]): Promise<void> {
    const visibleAtMs = this.#clock.nowMs() + this.#invisibleMs
    try {
      const results = await this.#calls.hide(
        some.map(({ receipt }) => receipt),
        this.#invisibleMs,
      )
      for (const [index, held] of some.entries()) {
        const result = results[index]
        if (result === undefined) continue
        if ('handle' in result) {
          held.receipt = { ...held.receipt, handle: result.handle }
          held.visibleAtMs = visibleAtMs
        } else if (this.#calls.isLost(result.fault) && held.state === 'held') this.#release(held, 'lost')
      }
    } catch {
      // The client process is gone or cannot reach the server; reading says so where it is seen.
    }
  }
}
