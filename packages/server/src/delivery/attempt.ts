import {
  type AppError,
  type Clock,
  type OutgoingRecord,
  type Outcome,
  type Sink,
  toAppError,
} from '@millrace/spi'
import { attemptTimeout, sinkMisbehaved } from './errors.ts'

/** What came of one attempt. */
export type AttemptResult =
  | { readonly kind: 'delivered'; readonly detail: string | undefined; readonly durationMs: number }
  | {
      readonly kind: 'failed'
      readonly error: AppError
      readonly detail: string
      readonly durationMs: number
    }
  /** Given up because the engine stops: it says nothing about the target, and the delivery stays as it was. */
  | { readonly kind: 'abandoned' }

/** How long a sink may take to give up after its signal has aborted. Then its slot is taken back all the same. */
export const graceMs = 1_000

/**
 * One write of one record, with a time limit. Never rejects. `controller` is the attempt's own: it is aborted when the
 * time is over, and by the dispatcher, with the reason `stopping`, when the engine is ended.
 *
 * A sink that answers between its time-out and the end of the grace is believed: the target has the event.
 */
export function attempt(
  sink: Sink,
  record: OutgoingRecord,
  timeoutMs: number,
  clock: Clock,
  controller: AbortController,
): Promise<AttemptResult> {
  const startedAtMs = clock.nowMs()
  return new Promise(resolve => {
    const finish = (result: Outcome | 'abandoned'): void => {
      timer[Symbol.dispose]()
      resolve(resultOf(result, clock.nowMs() - startedAtMs))
    }
    // Made when it is needed: an error is by far the dearest part of an attempt that succeeds.
    let timeout: AppError | undefined
    let timer = clock.timer(timeoutMs, () => {
      const error = attemptTimeout(timeoutMs)
      timeout = error
      timer = clock.timer(graceMs, () => finish({ status: 'failed', error }))
      controller.abort(error)
    })
    write(sink, record, controller.signal).then(finish, (thrown: unknown) => {
      if (controller.signal.reason === stopping) finish('abandoned')
      else if (timeout !== undefined) finish({ status: 'failed', error: timeout })
      else finish({ status: 'failed', error: sinkMisbehaved('it threw', thrown) })
    })
  })
}

/** The reason with which the dispatcher aborts attempts when the engine is ended. */
export const stopping: unique symbol = Symbol('stopping')

async function write(sink: Sink, record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
  const outcomes = await sink.write([record], signal)
  const [outcome] = outcomes
  if (outcome !== undefined && outcomes.length === 1) return outcome
  return { status: 'failed', error: sinkMisbehaved(`it gave ${outcomes.length} outcomes for one record`) }
}

function resultOf(outcome: Outcome | 'abandoned', durationMs: number): AttemptResult {
  if (outcome === 'abandoned') return { kind: 'abandoned' }
  if (outcome.status === 'ok') return { kind: 'delivered', detail: outcome.detail, durationMs }
  const error = toAppError(outcome.error)
  return { kind: 'failed', error, detail: outcome.detail ?? error.message, durationMs }
}
