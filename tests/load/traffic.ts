import { setTimeout as pause } from 'node:timers/promises'
import { type Client, MillraceError } from '@millrace/sdk'
import type { LoadFunction } from './functions.ts'

/** What came of the calls of one function. */
export interface Calls {
  readonly name: string
  readonly expected: LoadFunction['expected']
  sent: number
  answered: number
  /** By the fault of the function: its own error, exit, time-out. */
  failed: number
  /** By the limits of the function: throttled. */
  refused: number
  /** Anything else, by code: the platform's own fault. */
  readonly faults: Map<string, number>
  /** Of answered calls, in milliseconds, from the time at which the call was due. */
  readonly latenciesMs: number[]
}

const ownFailures = /^function\.(?:failed|timed-out|exited|initialization-failed|out-of-memory)$/

/**
 * Calls a function at a steady rate, whatever becomes of the calls: latencies count from when a call was due, so that a
 * stall is seen by all the calls that it delays. Resolves when the time is over and the last call has ended.
 */
export async function callSteadily(client: Client, what: LoadFunction, forMs: number): Promise<Calls> {
  const calls: Calls = {
    name: what.name,
    expected: what.expected,
    sent: 0,
    answered: 0,
    failed: 0,
    refused: 0,
    faults: new Map(),
    latenciesMs: [],
  }
  const startedAtMs = performance.now()
  const underWay = new Set<Promise<void>>()
  for (let count = 0; ; count++) {
    const dueAtMs = startedAtMs + (count * 1_000) / what.perSecond
    if (dueAtMs - startedAtMs >= forMs) break
    const earlyMs = dueAtMs - performance.now()
    if (earlyMs > 0) await pause(earlyMs)
    const call = callOnce(client, what, dueAtMs, calls).finally(() => underWay.delete(call))
    underWay.add(call)
  }
  await Promise.all(underWay)
  return calls
}

const payload = 'x'.repeat(1_024)

async function callOnce(client: Client, what: LoadFunction, dueAtMs: number, calls: Calls): Promise<void> {
  calls.sent++
  try {
    await client.invoke(what.name, payload)
    calls.answered++
    calls.latenciesMs.push(performance.now() - dueAtMs)
  } catch (thrown) {
    const code = thrown instanceof MillraceError ? thrown.code : String(thrown)
    if (ownFailures.test(code)) calls.failed++
    else if (code === 'function.throttled') calls.refused++
    else calls.faults.set(code, (calls.faults.get(code) ?? 0) + 1)
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
