import { type Outcome, type OutgoingRecord, type Sink, toAppError } from '@millrace/spi'
import { busKey } from '../../resources/index.ts'
import { failureBody, type FunctionFailure } from '../failure.ts'
import { decodeCall, type ReceivedCall } from './call-event.ts'
import { asyncSetting } from './call-rules.ts'
import { type CallOutcome, encodeOutcome } from './outcome-event.ts'
import type { CallParts } from './parts.ts'
import type { TaskStatus } from './task.ts'

/** Why a call ended that was too old, in outcomes. */
const expiredCondition = 'AsyncEventExpired'

/** Codes of failures of the function itself: at each of them it was executed. */
const executedCodes: ReadonlySet<string> = new Set([
  'function.failed',
  'function.timed-out',
  'function.exited',
  'function.initialization-failed',
  'function.not-started',
])

const expiredCodes: ReadonlySet<string> = new Set(['function.expired', 'delivery.expired'])

/** Nothing of the kind is there to be called. */
const invalidCodes: ReadonlySet<string> = new Set([
  'function.not-found',
  'function.version-not-found',
  'function.alias-not-found',
])

/**
 * Ends calls that have failed for good: it stands where other targets have their dead letter, so a crash or a full disk
 * has it tried again. It tells the destination of failures by an event of its own, and the task.
 */
export class EndingSink implements Sink {
  readonly #account: string
  readonly #parts: CallParts

  constructor(account: string, parts: CallParts) {
    this.#account = account
    this.#parts = parts
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const record of records) {
      signal.throwIfAborted()
      try {
        outcomes.push(await this.#end(decodeCall(record.event)))
      } catch (thrown) {
        outcomes.push({ status: 'failed', error: toAppError(thrown) })
      }
    }
    return outcomes
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }

  async #end(call: ReceivedCall): Promise<Outcome> {
    const { snapshots, buses, append, runner, failures, clock, region, observer } = this.#parts
    const account = this.#account
    const { code = 'function.failed', detail = '', attempts = 0 } = call.ending ?? {}
    const failure = executedCodes.has(code) ? failures.get(call.requestId) : undefined
    const view = snapshots.current().functions.get(busKey(account, call.name))
    const bus = buses.of(account)
    if (
      view !== undefined &&
      bus !== undefined &&
      asyncSetting(view, call.qualifier).onFailure !== undefined
    ) {
      const outcome = outcomeOf(code, detail, attempts, failure)
      await append(bus, encodeOutcome({ region, account }, call, outcome, clock.nowMs()))
    }
    const ageMsMax = view === undefined ? 0 : asyncSetting(view, call.qualifier).ageMsMax
    const isOld = clock.nowMs() - call.notBeforeMs + pauseMsMost > ageMsMax
    const status = view === undefined ? 'Invalid' : statusOf(code, isOld)
    const errorMessage = failure?.errorMessage ?? detail
    await runner.move(account, call, status, code, { errorMessage, retries: retriesOf(code, attempts) })
    failures.forget(call.requestId)
    if (status === 'Expired') observer.expired(busKey(account, call.name))
    return { status: 'ok', detail: status }
  }
}

/** A call for which there was no room is given up when it would be too old by its next attempt: so much earlier. */
const pauseMsMost = 8_000

function statusOf(code: string, isOld: boolean): TaskStatus {
  if (expiredCodes.has(code) || (isOld && !executedCodes.has(code))) return 'Expired'
  return invalidCodes.has(code) ? 'Invalid' : 'Failed'
}

/** An attempt that ended without asking the function is among those made, but it was no execution. */
function executionsOf(code: string, attempts: number): number {
  return executedCodes.has(code) || code === 'delivery.expired' ? attempts : Math.max(0, attempts - 1)
}

function retriesOf(code: string, attempts: number): number {
  return Math.max(0, executionsOf(code, attempts) - 1)
}

function outcomeOf(
  code: string,
  detail: string,
  attempts: number,
  failure: FunctionFailure | undefined,
): CallOutcome {
  const hasRun = executedCodes.has(code)
  const fallback = Buffer.from(JSON.stringify({ errorMessage: detail }))
  return {
    kind: 'failed',
    condition: conditionOf(code, failure),
    executions: executionsOf(code, attempts),
    statusCode: hasRun ? 200 : code === 'function.throttled' ? 429 : 500,
    functionError: hasRun ? (failure?.type ?? 'UnhandledInvocationError') : '',
    response: failure === undefined ? fallback : failureBody(failure),
  }
}

function conditionOf(code: string, failure: FunctionFailure | undefined): string {
  if (executedCodes.has(code)) return failure?.type ?? 'UnhandledInvocationError'
  if (expiredCodes.has(code)) return expiredCondition
  if (code === 'function.throttled') return 'FunctionResourceExhausted'
  return code
}
