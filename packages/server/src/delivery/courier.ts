import { readAttributes } from '@millrace/cloudevents'
import { AppError, type Clock, type OutgoingRecord, type Random, retryNever, toAppError } from '@millrace/spi'
import type { Ending, EngineObserver, Tracer } from '../observability/index.ts'
import { journalLog } from '../resources/index.ts'
import { type AttemptResult, attempt } from './attempt.ts'
import { endAttemptSpan, startAttemptSpan } from './attempt-span.ts'
import { type Breaker, speaksOfTarget } from './breaker.ts'
import { deadLetterDecision } from './dead-letter.ts'
import { eventGone } from './errors.ts'
import type { QueueIdentity } from './identity.ts'
import { encodeJournal, type JournalEntry } from './journal.ts'
import type { Candidate } from './loader.ts'
import { deadLetterRecord, outgoingRecord } from './outgoing.ts'
import { decideRetry, hintDelayMsMax } from './retry.ts'
import type { Settlement } from './settle.ts'
import type { SinkHolder } from './sink-holder.ts'
import type { TargetPlan } from './target-plan.ts'
import { attemptsMade, packTries, type Tries, unpackTries } from './tries.ts'

/** What became of a delivery in one turn, and what is to be written about it. */
export type Turn =
  | { readonly kind: 'ended'; readonly settlement: Settlement }
  /** It stays and is tried again at `dueAtMs`; `attempts` as `Delivery` keeps them. */
  | { readonly kind: 'again'; readonly attempts: number; readonly dueAtMs: number; readonly journal: Journal }
  /** Its retries are used up and the policy says to wait for a person. */
  | { readonly kind: 'blocked'; readonly attempts: number; readonly journal: Journal }
  | { readonly kind: 'abandoned' }

type Journal = NonNullable<Settlement['journal']>

/** What a courier works with; all of it belongs to its dispatcher. */
export interface CourierParts {
  readonly identity: QueueIdentity
  readonly clock: Clock
  readonly random: Random
  readonly observer: EngineObserver
  readonly tracer: Tracer | undefined
  readonly breaker: Breaker
  /** Events below were in the log when the process started: an attempt before a crash may have gone unrecorded. */
  readonly restartedBelow: number
}

/** The equipment of a target as it is now; a change of the spec replaces it as a whole. */
export interface Equipment {
  readonly plan: TargetPlan
  readonly sink: SinkHolder
  readonly deadLetter: SinkHolder | undefined
}

/** The last failure of a target, for people. */
export interface LastError {
  readonly code: string
  readonly detail: string
  readonly atMs: number
}

interface Failure {
  readonly error: AppError
  readonly detail: string
  readonly durationMs: number
}

/** Dead letters waiting to be written whose reason is remembered; that of the others is only in the journal. */
const unwrittenMax = 1_000

/**
 * Carries one delivery through one turn: transform, attempt, and, when retries are used up, the dead letter. It
 * decides what is to be written; the dispatcher writes it and decides who goes when.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #controllers = new Set<AbortController>()
  /** Dead letters to be written again, by position. */
  readonly #unwritten = new Map<number, { readonly failure: Failure; readonly tries: number }>()
  lastError: LastError | undefined

  constructor(parts: CourierParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async deliver(candidate: Candidate, equipment: Equipment): Promise<Turn> {
    const { delivery } = candidate
    const tries = unpackTries(delivery.attempts)
    if (tries.isDeadLetter) {
      const failure = this.#unwritten.get(delivery.position)?.failure ?? forgottenReason()
      return await this.#deadLetter(candidate, equipment, tries, failure, [])
    }
    const result = await this.#attempt(candidate, equipment, attemptsMade(tries))
    const { observer, identity, breaker, clock } = this.#parts
    if (result.kind === 'abandoned') {
      breaker.abandoned()
      return result
    }
    if (result.kind === 'delivered') {
      observer.attempted(identity.queue, true, result.durationMs, undefined)
      breaker.succeeded()
      return this.#end(candidate, 'delivered', attemptsMade(tries) + 1, result, [])
    }
    const { retry } = result.error
    if (retry.kind === 'uncounted' && retry.delayMs !== undefined) {
      breaker.abandoned()
      const dueAtMs = clock.nowMs() + Math.min(retry.delayMs, hintDelayMsMax)
      return { kind: 'again', attempts: delivery.attempts, dueAtMs, journal: [] }
    }
    return await this.#failed(candidate, equipment, tries, result)
  }

  /** Ends a delivery that will not be attempted any more as its policy says: dead letter, or dropped. */
  async giveUp(candidate: Candidate, equipment: Equipment, error: AppError): Promise<Turn> {
    const failure = { error, detail: error.message, durationMs: 0 }
    return await this.#exhausted(candidate, equipment, unpackTries(candidate.delivery.attempts), failure, [])
  }

  /** Ends a delivery whose event cannot be had. */
  gone(position: number, attempts: number): Settlement {
    const error = eventGone(position)
    const { identity, observer } = this.#parts
    const line = { ending: 'dropped', code: error.code, detail: error.message } as const
    const journal = [
      this.#line({ ...line, position, attempts: attemptsMade(unpackTries(attempts)), durationMs: 0 }),
    ]
    observer.settled(identity.queue, 'dropped', 0)
    return { queue: identity.queue, remove: position, journal }
  }

  /** Gives up every attempt under way, with the given reason. */
  abort(reason: unknown): void {
    for (const controller of this.#controllers) controller.abort(reason)
  }

  async #attempt(
    candidate: Candidate,
    { plan, sink }: Equipment,
    made: number,
  ): Promise<AttemptResult | FinalFailure> {
    const { identity, restartedBelow } = this.#parts
    const { position } = candidate.delivery
    const number = made + 1 + (position < restartedBelow ? 1 : 0)
    if (plan.error !== undefined) {
      return { kind: 'failed', error: plan.error, detail: plan.error.message, durationMs: 0 }
    }
    let record: OutgoingRecord
    try {
      record = outgoingRecord(plan, candidate.entry.bytes, position, number, identity.mark)
    } catch (thrown) {
      const error = toAppError(thrown)
      return { kind: 'failed', error, detail: error.message, durationMs: 0, isFinal: true }
    }
    const span = startAttemptSpan(this.#parts.tracer, identity, record)
    const result = await this.#write(sink, record, plan.spec.timeoutMs)
    endAttemptSpan(span, result)
    return result
  }

  async #write(holder: SinkHolder, record: OutgoingRecord, timeoutMs: number): Promise<AttemptResult> {
    const sink = holder.acquire()
    if (sink instanceof AppError) {
      return { kind: 'failed', error: sink, detail: sink.message, durationMs: 0 }
    }
    const controller = new AbortController()
    this.#controllers.add(controller)
    try {
      return await attempt(sink, record, timeoutMs, this.#parts.clock, controller)
    } finally {
      this.#controllers.delete(controller)
      holder.release()
    }
  }

  async #failed(
    candidate: Candidate,
    equipment: Equipment,
    before: Tries,
    failure: Failure & { readonly isFinal?: boolean },
  ): Promise<Turn> {
    const { clock, random, observer, identity, breaker } = this.#parts
    const nowMs = clock.nowMs()
    const { error } = failure
    observer.attempted(identity.queue, false, failure.durationMs, error.code)
    this.lastError = { code: error.code, detail: failure.detail, atMs: nowMs }
    const isUnheard = error.retry.kind === 'uncounted'
    const isOfTarget = isUnheard || speaksOfTarget(error.code)
    const isProbe = isOfTarget && !isUnheard && breaker.isProbing
    if (isOfTarget) breaker.failed(nowMs)
    else breaker.succeeded()
    const tries = withFailure(before, isUnheard, isProbe)
    const journal = [this.#failureLine(candidate, attemptsMade(tries), failure)]
    const { enqueuedAtMs } = candidate.delivery
    const { failures, unheard } = tries
    const isFinal = failure.isFinal === true
    const failed = { attempts: failures, unheard, enqueuedAtMs, nowMs, hint: error.retry, isFinal, isProbe }
    const decision = decideRetry(equipment.plan.spec.retry, failed, random)
    if (decision.kind === 'again')
      return { kind: 'again', attempts: packTries(tries), dueAtMs: decision.dueAtMs, journal }
    return await this.#exhausted(candidate, equipment, tries, failure, journal)
  }

  async #exhausted(
    candidate: Candidate,
    equipment: Equipment,
    tries: Tries,
    failure: Failure,
    journal: Journal,
  ): Promise<Turn> {
    if (equipment.plan.spec.onExhausted === 'block')
      return { kind: 'blocked', attempts: packTries(tries), journal }
    return await this.#deadLetter(candidate, equipment, tries, failure, journal)
  }

  /** Writes the dead letter; drops the event where the target has none. */
  async #deadLetter(
    candidate: Candidate,
    { plan, deadLetter }: Equipment,
    made: Tries,
    failure: Failure,
    journal: Journal,
  ): Promise<Turn> {
    const attempts = attemptsMade(made)
    const marked = packTries({ ...made, isDeadLetter: true })
    if (deadLetter === undefined) return this.#end(candidate, 'dropped', attempts, failure, journal)
    const { identity, clock, random } = this.#parts
    const { rule, target } = identity
    const { position } = candidate.delivery
    const reason = { rule, target, code: failure.error.code, detail: failure.detail, attempts }
    const tries = this.#unwritten.get(position)?.tries ?? 0
    const record = deadLetterRecord(candidate.entry.bytes, reason, tries + 1)
    const result = await this.#write(deadLetter, record, plan.spec.timeoutMs)
    if (result.kind === 'delivered') return this.#end(candidate, 'dead-lettered', attempts, failure, journal)
    if (result.kind === 'abandoned') {
      // The failed attempt is recorded all the same; the dead letter is written after the restart.
      return journal.length === 0
        ? result
        : { kind: 'again', attempts: marked, dueAtMs: clock.nowMs(), journal }
    }
    const decision = deadLetterDecision(
      plan.spec.retry,
      candidate.delivery,
      tries + 1,
      clock.nowMs(),
      result.error,
      random,
    )
    if (decision.kind === 'expired') {
      const last = { error: decision.error, detail: decision.error.message, durationMs: result.durationMs }
      return this.#end(candidate, 'dropped', attempts, last, journal)
    }
    this.#remember(position, failure, tries + 1)
    return { kind: 'again', attempts: marked, dueAtMs: decision.dueAtMs, journal }
  }

  #remember(position: number, failure: Failure, tries: number): void {
    if (this.#unwritten.size >= unwrittenMax && !this.#unwritten.has(position)) return
    this.#unwritten.set(position, { failure, tries })
  }

  #end(
    candidate: Candidate,
    ending: Ending,
    attempts: number,
    how: { readonly error?: AppError; readonly detail: string | undefined; readonly durationMs: number },
    journal: Journal,
  ): Turn {
    const { identity, clock, observer } = this.#parts
    const { position } = candidate.delivery
    this.#unwritten.delete(position)
    observer.settled(identity.queue, ending, clock.nowMs() - candidate.entry.acceptedAtMs)
    const line = this.#line({
      position,
      ...(how.error === undefined ? {} : { id: idOf(candidate), code: how.error.code }),
      ending,
      ...(how.detail === undefined ? {} : { detail: how.detail }),
      attempts,
      durationMs: how.durationMs,
    })
    return {
      kind: 'ended',
      settlement: { queue: identity.queue, remove: position, journal: [...journal, line] },
    }
  }

  #failureLine(candidate: Candidate, attempts: number, failure: Failure): Journal[number] {
    const { position } = candidate.delivery
    const { error, detail, durationMs } = failure
    return this.#line({ position, id: idOf(candidate), code: error.code, detail, attempts, durationMs })
  }

  #line(line: Omit<JournalEntry, 'rule' | 'target' | 'atMs' | 'replay'>): Journal[number] {
    const { identity, clock } = this.#parts
    const { rule, target, replay, bus } = identity
    const { position, ...rest } = line
    const mark = replay === undefined ? {} : { replay }
    const entry = encodeJournal({ position, rule, target, ...mark, ...rest, atMs: clock.nowMs() })
    return { log: journalLog(bus), entry }
  }
}

function withFailure(tries: Tries, isUnheard: boolean, isProbe: boolean): Tries {
  if (isUnheard) return { ...tries, unheard: tries.unheard + 1 }
  return isProbe ? { ...tries, probes: tries.probes + 1 } : { ...tries, failures: tries.failures + 1 }
}

type FinalFailure = Failure & { readonly kind: 'failed'; readonly isFinal: true }

/** Read for failures only: the event may be gone from the log when somebody asks. */
function idOf({ entry }: Candidate): string {
  return String(readAttributes(entry.bytes)['id'] ?? '')
}

function forgottenReason(): Failure {
  const detail = 'the journal of the bus has the reason'
  return { error: new AppError('delivery.exhausted', detail, retryNever), detail, durationMs: 0 }
}
