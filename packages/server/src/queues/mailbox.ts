import { createHash } from 'node:crypto'
import { type Clock, type Delivery, type EventLog, type PluginLog, type Queue } from '@millrace/spi'
import type { QueueView } from '../resources/index.ts'
import { queueBusy, queueNotFound } from './errors.ts'
import { handOut } from './hand-out.ts'
import type { QueueLimits } from './limits.ts'
import { decodeMessage } from './message-code.ts'
import type { NewMessage, ReceivedMessage } from './message.ts'
import { messageLog, Shelves } from './shelves.ts'
import { Turn } from './turn.ts'
import { promote, removeExpired, trim } from './upkeep.ts'
import { Waiters, type WaiterCount } from './waiters.ts'

export interface MailboxParts {
  readonly log: EventLog
  readonly queue: Queue
  readonly clock: Clock
  readonly pluginLog: PluginLog
  readonly limits: QueueLimits
  readonly waiterCount: WaiterCount
  /** The queue as it is now; `undefined` once it was deleted. */
  view(key: string): QueueView | undefined
  /** Sends to another queue of the account; rejects with why it did not take the message. */
  forward(account: string, queue: string, message: NewMessage): Promise<void>
}

/** Something to be done with a queue in its next turn. */
export interface Step {
  /** Decides and adds to the turn. What it throws concerns this step alone. */
  decide(turn: Turn): Promise<void> | void
  /** The turn is durable. */
  done(): void
  fail(thrown: unknown): void
}

/**
 * One queue. Everything that happens to it happens in turns, one at a time: a turn takes whatever waits (sends, deletes,
 * receives), decides by what storage holds, and writes it in one go; only then is anybody answered. Nobody sees a state
 * that a crash could undo, and nothing but what waits is in memory.
 */
export class Mailbox {
  readonly #parts: MailboxParts
  readonly #key: string
  readonly #logName: string
  readonly #shelves: Shelves
  readonly #waiters: Waiters
  readonly #moving = new Map<number, Promise<void>>()
  #steps: Step[] = []
  #running: Promise<void> | undefined
  #isKicked = false
  #isClosed = false
  #next: number | undefined
  #timer: Disposable | undefined
  /** First part of the ids of messages, and the queue's age that it was made for. */
  #idBegin: readonly [number, string] = [-1, '']

  constructor(key: string, parts: MailboxParts) {
    this.#parts = parts
    this.#key = key
    this.#logName = messageLog(key)
    this.#shelves = new Shelves(parts.queue, key)
    this.#waiters = new Waiters(parts.clock, parts.waiterCount)
  }

  /** Does something in the next turn; resolves when that is durable. */
  run<Result>(decide: (turn: Turn) => Result | Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(this.#gone())
    const { operationsMax } = this.#parts.limits
    if (this.#steps.length >= operationsMax) {
      return Promise.reject(queueBusy('so many operations of the queue', operationsMax))
    }
    return new Promise((resolve, reject) => {
      let result: Result
      this.#steps.push({
        decide: async turn => {
          result = await decide(turn)
        },
        done: () => resolve(result),
        fail: reject,
      })
      this.#kick()
    })
  }

  /** See `Waiters.add`. */
  receive(count: number, waitMs: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
    if (this.#isClosed) return Promise.reject(this.#gone())
    const { operationsMax } = this.#parts.limits
    if (this.#waiters.size >= operationsMax) {
      return Promise.reject(queueBusy('so many receives of the queue', operationsMax))
    }
    const received = this.#waiters.add(count, waitMs, signal)
    this.#kick()
    return received
  }

  /** Removes what is too old from the queue and from its log, until nothing is left of it. */
  async clean(): Promise<void> {
    while (await this.run(turn => removeExpired(turn, this.#parts.limits))) {
      // Others have their turn in between, or share it.
    }
    await this.run(turn => trim(turn))
  }

  /** Brings back all whose time is over, which a turn does for as many as it may. */
  async settleDue(): Promise<void> {
    while (await this.run(turn => this.#isDueLeft(turn))) {
      // As above.
    }
  }

  idOf = (position: number, enqueuedAtMs: number): string =>
    `${this.#idBegin[1]}-1-${hex(enqueuedAtMs)}-${hex(position)}`

  get shelves(): Shelves {
    return this.#shelves
  }

  get logName(): string {
    return this.#logName
  }

  /** Ends what waits; with `queue.not-found` when the queue was deleted. Resolves when nothing is under way any more. */
  async close(isDeleted: boolean): Promise<void> {
    if (!isDeleted) await Promise.allSettled(this.#moving.values())
    this.#isClosed = true
    this.#timer?.[Symbol.dispose]()
    this.#endWaiters(isDeleted)
    if (isDeleted) for (const step of this.#steps.splice(0)) step.fail(this.#gone())
    while (this.#running !== undefined) await this.#running
    await Promise.allSettled(this.#moving.values())
    this.#endWaiters(isDeleted)
  }

  /** Answers the receives that wait with none. */
  endWaiting(): void {
    this.#endWaiters(false)
  }

  /** Removes all messages. To be called after `close`. */
  async drop(): Promise<void> {
    await this.#shelves.drop()
    await this.#parts.log.trim(this.#logName, Number.POSITIVE_INFINITY)
  }

  #endWaiters(isDeleted: boolean): void {
    for (const waiter of this.#waiters.all()) {
      if (isDeleted) waiter.fail(this.#gone())
      else waiter.answer([])
    }
  }

  #kick(): void {
    this.#isKicked = true
    this.#running ??= this.#loop()
  }

  async #loop(): Promise<void> {
    try {
      // What the same moment brings shares the turn.
      await Promise.resolve()
      while (this.#isKicked && (!this.#isClosed || this.#steps.length > 0)) {
        this.#isKicked = false
        await this.#turn(this.#steps.splice(0))
      }
    } finally {
      this.#running = undefined
    }
    if (this.#isKicked && !this.#isClosed) this.#kick()
    else await this.#wakeWhenDue()
  }

  async #turn(steps: readonly Step[]): Promise<void> {
    const waiters = this.#waiters.all()
    try {
      const view = this.#parts.view(this.#key)
      if (view === undefined) throw this.#gone()
      this.#nameFor(view)
      await this.#promote(view)
      const turn = await this.#begin(view)
      const decided = await this.#decide(turn, steps)
      const { answers, isEmpty } = await handOut(turn, waiters, this.#parts.limits, this.idOf)
      const refusal = await turn.commit()
      this.#next = refusal === undefined ? turn.next : undefined
      for (const { step, sends } of decided) {
        if (sends && refusal !== undefined) step.fail(refusal)
        else step.done()
      }
      for (const waiter of waiters) {
        const handed = answers.get(waiter) ?? []
        const there = refusal === undefined ? handed : handed.filter(({ isNew }) => !isNew)
        if (there.length > 0) waiter.answer(there.map(({ message }) => message))
        else if (isEmpty && !waiter.isPatient) waiter.answer([])
      }
      if (this.#waiters.size > 0 && (turn.addsReady || !isEmpty)) this.#isKicked = true
    } catch (thrown) {
      // Where the log stands is asked again: what of the turn is there is not known.
      this.#next = undefined
      for (const step of steps) step.fail(thrown)
      for (const waiter of waiters) waiter.fail(thrown)
    }
  }

  async #decide(turn: Turn, steps: readonly Step[]): Promise<{ step: Step; sends: boolean }[]> {
    const decided: { step: Step; sends: boolean }[] = []
    for (const step of steps) {
      const { sentCount } = turn
      try {
        await step.decide(turn)
        decided.push({ step, sends: turn.sentCount > sentCount })
      } catch (thrown) {
        step.fail(thrown)
      }
    }
    return decided
  }

  async #begin(view: QueueView): Promise<Turn> {
    const { log, clock } = this.#parts
    this.#next ??= await this.#open()
    return new Turn({
      log,
      logName: this.#logName,
      shelves: this.#shelves,
      view,
      nowMs: clock.nowMs(),
      next: this.#next,
    })
  }

  /** Learns where the log stands, and removes references to messages that were refused when the process ended. */
  async #open(): Promise<number> {
    await this.#shelves.open()
    const { next } = await this.#parts.log.stat(this.#logName)
    for (const shelf of this.#shelves.all) {
      const dangling = await this.#parts.queue.read(
        shelf,
        { kind: 'all', after: next - 1 },
        this.#parts.limits.operationsMax,
      )
      if (dangling.length === 0) continue
      await this.#shelves.commit({ remove: dangling.map(({ position }) => ({ queue: shelf, position })) })
    }
    return next
  }

  /** A write of its own, before the turn: what comes back can be handed out by it. */
  async #promote(view: QueueView): Promise<void> {
    const turn = await this.#begin(view)
    const { deadLetter } = view.spec
    const target = deadLetter && this.#parts.view(`${view.account}/${deadLetter.queue}`)
    const { exhausted, isMore } = await promote(turn, this.#parts.limits, target !== undefined)
    await turn.commit()
    if (isMore) this.#isKicked = true
    for (const delivery of exhausted) {
      if (target !== undefined) this.#move(view, target.name, delivery)
    }
  }

  async #isDueLeft(turn: Turn): Promise<boolean> {
    const { hidden, delayed } = this.#shelves
    for (const shelf of [hidden, delayed]) {
      if ((await this.#shelves.due(shelf, turn.nowMs, 1)).length > 0) return true
    }
    return false
  }

  /** To the dead letter first, then out of here: a crash in between leaves it in both. */
  #move(view: QueueView, target: string, delivery: Delivery): void {
    const { limits, pluginLog } = this.#parts
    if (this.#isClosed || this.#moving.size >= limits.movingMax || this.#moving.has(delivery.position)) return
    const moved = this.#moveNow(view, target, delivery)
      .catch((thrown: unknown) => {
        pluginLog.warn('a message could not be moved to the dead letter of its queue; it is tried again', {
          queue: this.#key,
          error: thrown,
        })
      })
      .finally(() => this.#moving.delete(delivery.position))
    this.#moving.set(delivery.position, moved)
  }

  async #moveNow(view: QueueView, target: string, { position, attempts }: Delivery): Promise<void> {
    const [entry] = await this.#parts.log.get(this.#logName, [position])
    if (entry !== undefined) {
      const { body, properties } = decodeMessage(entry)
      const origin = [
        { name: originQueueProperty, value: view.name, type: 'STRING' as const },
        { name: originIdProperty, value: this.idOf(position, entry.acceptedAtMs), type: 'STRING' as const },
      ]
      await this.#parts.forward(view.account, target, {
        body,
        delayMs: 0,
        enqueuedAtMs: entry.acceptedAtMs,
        properties: { ...properties, system: [...(properties.system ?? []), ...origin] },
      })
    }
    await this.run(async turn => {
      const held = await turn.held(this.#shelves.hidden, position)
      if (held?.attempts === attempts) turn.remove(this.#shelves.hidden, position)
    })
  }

  /** Nobody looks at the queue between turns: a timer does, when somebody waits for what becomes due. */
  async #wakeWhenDue(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    if (this.#isClosed) return
    const { clock } = this.#parts
    const hasDeadLetter = this.#parts.view(this.#key)?.spec.deadLetter !== undefined
    if (this.#waiters.size === 0 && !hasDeadLetter) return
    try {
      const { hidden, delayed } = this.#shelves
      const stats = await Promise.all([this.#shelves.stat(hidden), this.#shelves.stat(delayed)])
      const dueAtMs = Math.min(...stats.map(({ nextDueAtMs }) => nextDueAtMs ?? Number.POSITIVE_INFINITY))
      if (dueAtMs === Number.POSITIVE_INFINITY || this.#running !== undefined || this.#isClosed) return
      this.#timer?.[Symbol.dispose]()
      this.#timer = clock.timer(dueAtMs - clock.nowMs(), () => this.#kick())
    } catch {
      // Storage does not answer: whoever comes next is told.
    }
  }

  #nameFor({ createdAtMs }: QueueView): void {
    if (this.#idBegin[0] === createdAtMs) return
    const digest = createHash('sha256').update(`${this.#key} ${createdAtMs}`).digest('hex')
    this.#idBegin = [createdAtMs, digest.slice(0, 16).toUpperCase()]
  }

  #gone(): Error {
    return queueNotFound(this.#key.slice(this.#key.indexOf('/') + 1))
  }
}

/** System properties of a message that came from another queue. */
export const originQueueProperty = 'originqueue'
export const originIdProperty = 'originmessageid'

function hex(value: number): string {
  return value.toString(16).toUpperCase()
}
