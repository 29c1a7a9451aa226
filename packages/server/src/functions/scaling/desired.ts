import type { Policies, Window } from './policies.ts'

/** What decided: the last schedule that fired, a tracked metric, or the plain minimum. */
export type DesiredReason = 'minimum' | 'schedule' | 'tracking'

export interface Desired {
  readonly instances: number
  readonly reason: DesiredReason
}

/**
 * The instances to keep now for one qualifier (function-compute section 5.6). While a policy is inside its window and has
 * produced a value, the largest of those values, and the plain minimum counts for nothing. Of the schedules the one that
 * fired last holds until another fires or its window ends.
 *
 * `sinceMs`: what fired before has not been there to fire. `tracked` has the values of the tracking policies by name.
 */
export function desiredInstances(
  policies: Policies,
  sinceMs: number,
  tracked: ReadonlyMap<string, number>,
  nowMs: number,
): Desired {
  const scheduled = scheduledInstances(policies.schedules, sinceMs, nowMs)
  let found: Desired | undefined
  if (scheduled !== undefined) found = { instances: scheduled, reason: 'schedule' }
  for (const policy of policies.tracking) {
    if (!isOpen(policy, nowMs)) continue
    const value = tracked.get(policy.name) ?? policy.instancesMin
    if (found === undefined || value > found.instances) found = { instances: value, reason: 'tracking' }
  }
  return found ?? { instances: policies.instancesMin, reason: 'minimum' }
}

export function isOpen({ startMs, endMs }: Window, nowMs: number): boolean {
  return startMs <= nowMs && nowMs < endMs
}

function scheduledInstances(
  schedules: Policies['schedules'],
  sinceMs: number,
  nowMs: number,
): number | undefined {
  let instances: number | undefined
  let firedLastMs = Number.NEGATIVE_INFINITY
  for (const policy of schedules) {
    if (!isOpen(policy, nowMs)) continue
    const firedMs = policy.lastFiredMs(nowMs)
    if (firedMs === undefined || firedMs < Math.max(policy.startMs, sinceMs)) continue
    if (firedMs < firedLastMs) continue
    // Two that fire at the same moment: the one that keeps more.
    instances = firedMs === firedLastMs ? Math.max(instances ?? 0, policy.instances) : policy.instances
    firedLastMs = firedMs
  }
  return instances
}
