import type { AppError, Outcome, Random } from '@millrace/spi'
import { decideRetry, type RetryDecision } from '../delivery/index.ts'
import type { RetrySpec } from '../resources/index.ts'
import type { Unit } from './unit.ts'

/** A unit whose retries are used up, and why. */
export interface Exhausted {
  readonly unit: Unit
  readonly error: AppError
  /** A few words for the dead letter; never what the event holds. */
  readonly detail: string
}

export interface Settlement {
  readonly written: readonly Unit[]
  /** To be tried once more, all at `dueAtMs`, the latest that one of them asks for. */
  readonly again: readonly Unit[]
  readonly dueAtMs: number
  readonly exhausted: readonly Exhausted[]
  /** Of the last unit that failed. */
  readonly lastError: AppError | undefined
}

/** What the outcomes of one write mean for each of its records. Counts the failures of units; else pure. */
export function settle(
  units: readonly Unit[],
  outcomes: readonly Outcome[],
  retry: RetrySpec,
  nowMs: number,
  random: Random,
): Settlement {
  if (outcomes.every(isOk))
    return { written: units, again: [], dueAtMs: 0, exhausted: [], lastError: undefined }
  const written: Unit[] = []
  const again: Unit[] = []
  const exhausted: Exhausted[] = []
  const decide = decider(retry, nowMs, random)
  let latestAtMs = 0
  let lastError: AppError | undefined
  for (const [index, unit] of units.entries()) {
    const outcome = outcomes[index]
    if (outcome?.status === 'ok') {
      written.push(unit)
      continue
    }
    if (outcome === undefined) continue
    lastError = outcome.error
    const decision = decide(unit, outcome.error)
    if (decision.kind === 'again') {
      again.push(unit)
      latestAtMs = Math.max(latestAtMs, decision.dueAtMs)
    } else exhausted.push({ unit, error: outcome.error, detail: outcome.detail ?? outcome.error.message })
  }
  return { written, again, dueAtMs: latestAtMs, exhausted, lastError }
}

function isOk({ status }: Outcome): boolean {
  return status === 'ok'
}

/** Decides for each record, and once for all that are alike: so records which fail together stay together. */
function decider(
  retry: RetrySpec,
  nowMs: number,
  random: Random,
): (unit: Unit, error: AppError) => RetryDecision {
  const known = new Map<string, RetryDecision>()
  return (unit, { retry: hint }) => {
    // Merely too early: nothing has failed.
    const isEarly = hint.kind === 'uncounted' && hint.delayMs !== undefined
    if (hint.kind !== 'uncounted') unit.failures++
    else if (!isEarly) unit.unheard++
    const delay = 'delayMs' in hint ? hint.delayMs : ''
    const key = `${hint.kind} ${delay} ${unit.failures} ${unit.unheard} ${unit.readAtMs}`
    let decision = known.get(key)
    if (decision === undefined) {
      const { failures: attempts, unheard, readAtMs: enqueuedAtMs } = unit
      const failed = { attempts, unheard, enqueuedAtMs, nowMs, hint, isFinal: false }
      decision = decideRetry(retry, failed, random)
      known.set(key, decision)
    }
    return decision
  }
}
