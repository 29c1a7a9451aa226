import {
  AppError,
  type Clock,
  type Outcome,
  type OutgoingRecord,
  retryBackoff,
  retryNever,
  type Sink,
} from '@millrace/spi'
import type { SinkResolver } from '@millrace/server/engine'
import type { Chance } from './chance.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WriteRecord, WriteWatcher } from './write-record.ts'

/** How a target behaves at present; within a mood chance decides each write. */
export type Mood =
  | 'steady'
  | 'flaky'
  | 'failing'
  | 'gone'
  | 'throttling'
  | 'hanging'
  | 'deaf'
  | 'late'
  | 'lying'
  | 'throwing'
  | 'twice'

/** Time that the engine gives a sink after its time-out; the slot counts as taken until just before its end. */
const graceMs = 1_000

interface EventFields {
  readonly data?: { readonly nonce?: number; readonly key?: string }
  readonly millraceposition?: string
  readonly millraceattempt?: number
  readonly millracereplay?: string
  readonly deadletterrule?: string
}

/** The systems that events are delivered to. They live on when the process dies, and take what was on its way to them. */
export class Outside {
  readonly moods = new Map<string, Mood>()
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #tally: Tally
  readonly #trace: Trace
  readonly #watcher: WriteWatcher
  readonly #underWay = new Set<WriteRecord>()
  #order = 0

  constructor(clock: Clock, chance: Chance, tally: Tally, trace: Trace, watcher: WriteWatcher) {
    this.#clock = clock
    this.#chance = chance
    this.#tally = tally
    this.#trace = trace
    this.#watcher = watcher
  }

  /** Writes of a life whose slot is still taken. */
  underWay(life: number): WriteRecord[] {
    return [...this.#underWay].filter(write => write.life === life && !write.isOver)
  }

  /** Opens sinks for one life of the process; once `isAlive` says no, it reaches nobody and is told nothing. */
  resolver(life: number, isAlive: () => boolean): SinkResolver {
    return {
      open: (_account, spec, { queue }): Sink => {
        const name = 'function' in spec ? spec.function : ''
        if (!this.moods.has(name)) throw new AppError('function.not-found', `there is no function ${name}`)
        return {
          write: ([record], signal) => {
            if (record === undefined || !isAlive()) return new Promise(() => {})
            return this.#write(this.#begin(name, queue, record, life), signal, isAlive)
          },
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }
      },
    }
  }

  #begin(sink: string, queue: string, record: OutgoingRecord, life: number): WriteRecord {
    const event = JSON.parse(Buffer.from(record.event).toString()) as EventFields
    const write: WriteRecord = {
      order: this.#order++,
      sink,
      queue,
      isDeadLetter: event.deadletterrule !== undefined,
      nonce: event.data?.nonce ?? -1,
      position: event.millraceposition === undefined ? undefined : Number(event.millraceposition),
      key: event.data?.key ?? '',
      attempt: record.attempt,
      replay: event.millracereplay,
      bytes: record.event.length,
      life,
      startedAtMs: this.#clock.nowMs(),
      isTaken: false,
      isAcknowledged: false,
      isOver: false,
    }
    this.#underWay.add(write)
    this.#watcher.started(write)
    return write
  }

  async #write(write: WriteRecord, signal: AbortSignal, isAlive: () => boolean): Promise<Outcome[]> {
    this.#endAfterGrace(write, signal)
    const mood = this.moods.get(write.sink) ?? 'steady'
    let text = 'rejected'
    try {
      const outcomes = await this.#behave(mood, write, signal)
      text = outcomes.map(outcome => (outcome.status === 'ok' ? 'ok' : outcome.error.code)).join('+')
      write.isAcknowledged =
        isAlive() && !write.isOver && write.isTaken && outcomes.length === 1 && outcomes[0]?.status === 'ok'
      return outcomes
    } finally {
      write.isOver = true
      this.#underWay.delete(write)
      const kind = write.isDeadLetter ? 'dead letter' : `attempt ${write.attempt}`
      if (isAlive())
        this.#trace.note(`${write.queue} ${kind} of ${write.nonce} to ${write.sink} (${mood}): ${text}`)
      // Nobody is left to hear the answer.
      // oxlint-disable-next-line no-unsafe-finally -- the process that asked is gone
      if (!isAlive()) await new Promise(() => {})
    }
  }

  /** What a target does with one write. */
  async #behave(mood: Mood, write: WriteRecord, signal: AbortSignal): Promise<Outcome[]> {
    const chance = this.#chance
    switch (mood) {
      case 'steady':
        return await this.#take(write, signal)
      case 'flaky':
        if (chance.happens(0.6)) return await this.#take(write, signal)
        return this.#fault(mood, failed(chance.pick(['sink.failed', 'sink.unavailable', 'sink.rejected'])))
      case 'failing':
        return this.#fault(mood, failed(chance.pick(['sink.failed', 'sink.rejected', 'sink.unauthorized'])))
      case 'gone':
        return this.#fault(mood, failed('sink.unavailable'))
      case 'throttling':
        if (chance.happens(0.3)) return await this.#take(write, signal)
        return this.#fault(mood, failed('sink.throttled', chance.between(100, 20_000)))
      case 'hanging':
        this.#tally.add('fault', `target ${mood}`)
        return await aborted(signal)
      case 'deaf':
        this.#tally.add('fault', `target ${mood}`)
        await this.#wait(chance.between(5_000, 60_000))
        return await this.#take(write, undefined)
      case 'late': {
        // Some of these answers come within the time-out, some within the grace after it, some too late.
        this.#tally.add('fault', `target ${mood}`)
        await this.#wait(chance.between(100, 4_000))
        return await this.#take(write, undefined)
      }
      default:
        return await this.#misbehave(mood, write, signal)
    }
  }

  async #misbehave(
    mood: 'lying' | 'throwing' | 'twice',
    write: WriteRecord,
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    const chance = this.#chance
    if (chance.happens(0.4)) return await this.#take(write, signal)
    if (mood === 'lying') {
      await this.#take(write, signal)
      return this.#fault(mood, failed('sink.failed'))
    }
    if (mood === 'twice') {
      const [outcome] = await this.#take(write, signal)
      this.#tally.add('fault', `target ${mood}`)
      return outcome === undefined ? [] : chance.happens(0.5) ? [outcome, outcome] : []
    }
    this.#tally.add('fault', `target ${mood}`)
    throw new Error('a bug in the sink (injected)')
  }

  /** Takes the event after a moment; gives up when the signal aborts before that. */
  async #take(write: WriteRecord, signal: AbortSignal | undefined): Promise<Outcome[]> {
    if (this.#chance.happens(0.5)) await this.#wait(this.#chance.between(1, 60), signal)
    signal?.throwIfAborted()
    write.isTaken = true
    this.#watcher.taken(write)
    return [{ status: 'ok' }]
  }

  #fault(mood: Mood, outcome: Outcome): Outcome[] {
    this.#tally.add('fault', `target ${mood}`)
    return [outcome]
  }

  async #wait(delayMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.timer(delayMs, resolve)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    await promise
    timer[Symbol.dispose]()
  }

  #endAfterGrace(write: WriteRecord, signal: AbortSignal): void {
    const onAbort = (): void => {
      this.#clock.timer(graceMs - 1, () => {
        write.isOver = true
      })
    }
    signal.addEventListener('abort', onAbort, { once: true })
  }
}

function failed(code: string, delayMs?: number): Outcome {
  const never = code === 'sink.rejected' || code === 'sink.unauthorized'
  const retry =
    delayMs === undefined ? (never ? retryNever : retryBackoff) : ({ kind: 'after', delayMs } as const)
  return { status: 'failed', error: new AppError(code, 'injected', retry) }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
