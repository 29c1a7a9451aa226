import type { ScalingSpec } from '../../resources/index.ts'
import { parseCron, parseLocalTime, type Schedule } from '../../calendar/index.ts'

/** A policy counts from `startMs` on, before `endMs`. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

export interface ScheduledPolicy extends Window {
  readonly instances: number
  /** When it fired last, at `atMs` or before; `undefined` when it never has. */
  lastFiredMs(atMs: number): number | undefined
}

export interface TrackingPolicy extends Window {
  readonly name: string
  readonly metric: ScalingSpec['tracking'][number]['metric']
  /** Share of what there is to use. */
  readonly target: number
  readonly instancesMin: number
  readonly instancesMax: number
}

/** The scaling setting of one qualifier, ready to be asked. */
export interface Policies {
  readonly instancesMin: number
  readonly overflow: boolean
  readonly schedules: readonly ScheduledPolicy[]
  readonly tracking: readonly TrackingPolicy[]
}

/** Throws `schedule.invalid` for an expression, a time or a zone that cannot be used. */
export function compilePolicies(spec: ScalingSpec): Policies {
  return {
    instancesMin: spec.instancesMin,
    overflow: spec.overflow,
    schedules: spec.schedules.map(policy => ({
      ...windowOf(policy),
      instances: policy.instances,
      lastFiredMs: lastFired(policy.expression, policy.timeZone),
    })),
    tracking: spec.tracking.map(policy => ({
      ...windowOf(policy),
      name: policy.name,
      metric: policy.metric,
      target: policy.target,
      instancesMin: policy.instancesMin,
      instancesMax: Math.max(policy.instancesMin, policy.instancesMax),
    })),
  }
}

/** For who takes a setting from outside: throws `schedule.invalid` where it could not be followed. */
export function checkScaling(spec: ScalingSpec): void {
  compilePolicies(spec)
}

function windowOf(policy: { start?: string; end?: string; timeZone: string }): Window {
  const { start, end, timeZone } = policy
  return {
    startMs: start === undefined ? Number.NEGATIVE_INFINITY : parseLocalTime(start, timeZone),
    endMs: end === undefined ? Number.POSITIVE_INFINITY : parseLocalTime(end, timeZone),
  }
}

function lastFired(expression: string, timeZone: string): (atMs: number) => number | undefined {
  const once = /^at\((.*)\)$/.exec(expression.trim())
  if (once !== null) {
    const firesAtMs = parseLocalTime(once[1] ?? '', timeZone)
    return atMs => (firesAtMs <= atMs ? firesAtMs : undefined)
  }
  // What is not wrapped is refused by the parser, which says what it saw.
  const fields = /^cron\((.*)\)$/.exec(expression.trim())?.[1] ?? expression
  return remembered(parseCron(fields, timeZone))
}

/** How far back a first question looks, further and further: a calendar that fires at all does so within four years. */
const looksBackMs = [60_000, 3_600_000, 86_400_000, 31 * 86_400_000, 366 * 86_400_000, 1_462 * 86_400_000]

/** After a longer silence the look back begins anew, instead of stepping through all that was missed. */
const silenceMsMax = 60_000

/**
 * The last time that a calendar fired, from one that only knows the next. Remembers the answer, so that the question of
 * every second costs one look ahead.
 */
function remembered(schedule: Schedule): (atMs: number) => number | undefined {
  let lastMs: number | undefined
  let nextMs: number | undefined
  let askedAtMs = Number.POSITIVE_INFINITY
  return atMs => {
    if (atMs < askedAtMs || atMs - askedAtMs > silenceMsMax) {
      lastMs = undefined
      nextMs = firstWithin(schedule, atMs)
    }
    askedAtMs = atMs
    while (nextMs !== undefined && nextMs <= atMs) {
      lastMs = nextMs
      nextMs = schedule.next(lastMs, 0)
    }
    return lastMs
  }
}

/** The first time in the shortest of the looks back that has any; else the next that comes. */
function firstWithin(schedule: Schedule, atMs: number): number | undefined {
  for (const backMs of looksBackMs) {
    const foundMs = schedule.next(atMs - backMs, 0)
    if (foundMs !== undefined && foundMs <= atMs) return foundMs
  }
  return schedule.next(atMs, 0)
}
