import {
  type AppError,
  assert,
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

/** Outcomes of one write, in input order; `abandoned` when its controller was aborted with the reason `stopping`. */
export type WriteResult = readonly Outcome[] | 'abandoned'

/** One write of one record, as {@link writeInTime} makes it. */
export async function attempt(
  sink: Sink,
  record: OutgoingRecord,
  timeoutMs: number,
  clock: Clock,
  controller: AbortController,
): Promise<AttemptResult> {
  const startedAtMs = clock.nowMs()
  const result = await writeInTime(sink, [record], timeoutMs, clock, controller)
  const durationMs = clock.nowMs() - startedAtMs
  if (result === 'abandoned') return { kind: 'abandoned' }
  const [outcome] = result
  assert(outcome !== undefined, 'a write of one record has one outcome')
  return resultOf(outcome, durationMs)
}

/**
 * One write with a time limit: an outcome per record. Never rejects. `controller` is the write's own: it is aborted when
 * the time is over, and by whoever stops, with the reason `stopping`.
 *
 * A sink that answers between its time-out and the end of the grace is believed: the target has the event.
 */
export function writeInTime(
  sink: Sink,
  records: readonly OutgoingRecord[],
  timeoutMs: number,
  clock: Clock,
  controller: AbortController,
): Promise<WriteResult> {
  return new Promise(resolve => {
    const finish = (result: WriteResult): void => {
      timer[Symbol.dispose]()
      resolve(result)
    }
    const fail = (error: AppError): void => finish(records.map(() => ({ status: 'failed', error })))
    // Made when it is needed: an error is by far the dearest part of an attempt that succeeds.
    let timeout: AppError | undefined
    let timer = clock.timer(timeoutMs, () => {
      const error = attemptTimeout(timeoutMs)
      timeout = error
      timer = clock.timer(graceMs, () => fail(error))
      controller.abort(error)
    })
    write(sink, records, controller.signal).then(finish, (thrown: unknown) => {
      if (controller.signal.reason === stopping) finish('abandoned')
      else fail(timeout ?? sinkMisbehaved('it threw', thrown))
    })
  })
}

/** The reason with which the dispatcher aborts attempts when the engine is ended. */
export const stopping: unique symbol = Symbol('stopping')

async function write(
  sink: Sink,
  records: readonly OutgoingRecord[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes = await sink.write(records, signal)
  if (outcomes.length === records.length) return outcomes
  const count = records.length === 1 ? 'one record' : `${records.length} records`
  const error = sinkMisbehaved(`it gave ${outcomes.length} outcomes for ${count}`)
  return records.map(() => ({ status: 'failed', error }))
}

function resultOf(outcome: Outcome, durationMs: number): AttemptResult {
  if (outcome.status === 'ok') return { kind: 'delivered', detail: outcome.detail, durationMs }
  const error = toAppError(outcome.error)
  return { kind: 'failed', error, detail: outcome.detail ?? error.message, durationMs }
}
