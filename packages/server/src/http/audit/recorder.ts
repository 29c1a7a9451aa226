import type { EventText } from '@millrace/cloudevents'
import type { Clock, PluginLog } from '@millrace/spi'
import type { Ingest } from '../../ingest/index.ts'
import type { AuditObserver } from '../../observability/index.ts'
import { busKey, defaultBusName, type Resources } from '../../resources/index.ts'
import { apiCallEvent, type EndedCall } from './api-call.ts'
import { type WaitingCall, WaitingCalls } from './waiting-calls.ts'

/** Events that are made and appended together: few, so that requests that come meanwhile are not held up. */
const batchMax = 16
/** A line in the log about drops, at most so often. */
const dropLogEveryMs = 10_000

export interface RecorderParts {
  readonly ingest: Pick<Ingest, 'accept'>
  readonly resources: Pick<Resources, 'snapshots'>
  readonly clock: Clock
  readonly log: PluginLog
  readonly observer: AuditObserver
}

/** Appends calls to the built-in bus of their account, in the order in which they ended. What it cannot keep it drops, counts and logs. */
export class Recorder {
  readonly #parts: RecorderParts
  readonly #waiting = new WaitingCalls()
  #draining: Promise<void> | undefined
  #dropped = 0
  #dropsLoggedAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: RecorderParts) {
    this.#parts = parts
  }

  /** Takes a call; it is told when that is on disk or dropped. */
  add(kind: 'call' | 'attempt', waiting: WaitingCall): void {
    if (!this.#waiting.add(kind, waiting)) {
      this.drop(1, 'too many calls wait to be recorded')
      waiting.done()
      return
    }
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined
    })
  }

  /** So many calls will never be recorded. */
  drop(calls: number, reason: string): void {
    const { observer, clock, log } = this.#parts
    observer.dropped(calls)
    this.#dropped += calls
    const nowMs = clock.nowMs()
    if (nowMs - this.#dropsLoggedAtMs < dropLogEveryMs) return
    log.warn('calls are not recorded as audit events', { calls: this.#dropped, reason })
    this.#dropsLoggedAtMs = nowMs
    this.#dropped = 0
  }

  /** Resolves when nothing waits. */
  async settled(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    // What is added by the code that is running now goes along.
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const byAccount = Map.groupBy(this.#waiting.take(batchMax), ({ call }) => call.account)
      for (const [account, some] of byAccount) {
        const calls = some.map(({ call }) => call)
        await this.#append(account, calls)
        for (const { done } of some) done()
      }
    }
  }

  async #append(account: string, calls: readonly EndedCall[]): Promise<void> {
    const { ingest, resources, observer } = this.#parts
    const bus = resources.snapshots.current().buses.get(busKey(account, defaultBusName))
    if (bus === undefined) {
      this.drop(calls.length, 'the account has no built-in bus')
      return
    }
    try {
      const outcomes = await ingest.accept(bus, this.#eventsOf(calls), { internal: true })
      const refusals = outcomes.filter(outcome => outcome.status === 'refused')
      observer.recorded(outcomes.length - refusals.length)
      if (refusals[0] !== undefined) this.drop(refusals.length, refusals[0].error.message)
    } catch (thrown) {
      this.drop(calls.length, thrown instanceof Error ? thrown.message : 'unknown reason')
    }
  }

  /** A call that cannot be told must not keep out those beside it. */
  #eventsOf(calls: readonly EndedCall[]): EventText[] {
    return calls.flatMap(call => {
      try {
        return [apiCallEvent(call)]
      } catch (thrown) {
        this.drop(1, thrown instanceof Error ? thrown.message : 'unknown reason')
        return []
      }
    })
  }
}
