import type { Metering } from '../invoke/index.ts'
import type { InvocationEnding } from './observer.ts'

/** What one function has used in one day, in the measures of function-compute section 6. */
export interface Usage {
  /** Invocations that came to an instance, or failed to get one by the fault of their code. */
  readonly invocations: number
  /** Of those: the ones that failed, by cause. */
  readonly failures: Readonly<Record<string, number>>
  /** Invocations that did not come to an instance, by error code. */
  readonly refusals: Readonly<Record<string, number>>
  /** Invocations whose caller went away. */
  readonly cancelled: number
  /** Invocations that waited for their instance to start. */
  readonly coldStarts: number
  /** Where the time of those starts went. */
  readonly coldStartMs: {
    readonly schedule: number
    readonly code: number
    readonly runtime: number
    readonly initialize: number
  }
  /** Time that instances ran for, overlapping invocations of one instance counted once. */
  readonly durationMs: number
  /** That time times the memory that the function may use. */
  readonly gibSeconds: number
  /** That time times the cores that it may use. */
  readonly cpuSeconds: number
}

export const noUsage: Usage = {
  invocations: 0,
  failures: {},
  refusals: {},
  cancelled: 0,
  coldStarts: 0,
  coldStartMs: { schedule: 0, code: 0, runtime: 0, initialize: 0 },
  durationMs: 0,
  gibSeconds: 0,
  cpuSeconds: 0,
}

export function sumOfUsage(left: Usage, right: Usage): Usage {
  return {
    invocations: left.invocations + right.invocations,
    failures: sumByKey(left.failures, right.failures),
    refusals: sumByKey(left.refusals, right.refusals),
    cancelled: left.cancelled + right.cancelled,
    coldStarts: left.coldStarts + right.coldStarts,
    coldStartMs: {
      schedule: left.coldStartMs.schedule + right.coldStartMs.schedule,
      code: left.coldStartMs.code + right.coldStartMs.code,
      runtime: left.coldStartMs.runtime + right.coldStartMs.runtime,
      initialize: left.coldStartMs.initialize + right.coldStartMs.initialize,
    },
    durationMs: left.durationMs + right.durationMs,
    gibSeconds: left.gibSeconds + right.gibSeconds,
    cpuSeconds: left.cpuSeconds + right.cpuSeconds,
  }
}

function sumByKey(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...left }
  for (const [key, count] of Object.entries(right)) sum[key] = (sum[key] ?? 0) + count
  return sum
}

/** Adds up on the hot path: numbers in place, no object per invocation. */
export class UsageCounter {
  readonly #failures = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  readonly #coldStartMs = { schedule: 0, code: 0, runtime: 0, initialize: 0 }
  #invocations = 0
  #cancelled = 0
  #coldStarts = 0
  #durationMs = 0
  #gibSeconds = 0
  #cpuSeconds = 0

  invoked(ending: InvocationEnding, metering: Metering): void {
    const { billedMs, memoryMiB, cpu, phases } = metering
    this.#invocations++
    this.#durationMs += billedMs
    this.#gibSeconds += (billedMs / 1_000) * (memoryMiB / 1_024)
    this.#cpuSeconds += (billedMs / 1_000) * cpu
    if (ending !== 'ok') count(this.#failures, ending)
    if (metering.coldStart) this.#coldStarts++
    if (phases === undefined) return
    this.#coldStartMs.schedule += phases.scheduleMs
    this.#coldStartMs.code += phases.codeMs
    this.#coldStartMs.runtime += phases.runtimeMs
    this.#coldStartMs.initialize += phases.initializeMs
  }

  refused(code: string): void {
    count(this.#refusals, code)
  }

  cancelled(): void {
    this.#cancelled++
  }

  usage(): Usage {
    return {
      invocations: this.#invocations,
      failures: Object.fromEntries(this.#failures),
      refusals: Object.fromEntries(this.#refusals),
      cancelled: this.#cancelled,
      coldStarts: this.#coldStarts,
      coldStartMs: { ...this.#coldStartMs },
      durationMs: this.#durationMs,
      gibSeconds: this.#gibSeconds,
      cpuSeconds: this.#cpuSeconds,
    }
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
