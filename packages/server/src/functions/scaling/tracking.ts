import type { TrackingPolicy } from './policies.ts'

/** How much of what could be ended is ended at once (the damping `k` of function-compute section 5.6). */
const damping = 0.5

/**
 * The instances that a policy wants after it has seen a share of use. Out at once: as many as bring the share back to
 * the target. In slowly: only a part of what is too much, and never so many that the target would be exceeded again.
 */
export function track(
  current: number,
  share: number,
  policy: Pick<TrackingPolicy, 'target' | 'instancesMin' | 'instancesMax'>,
): number {
  const { target, instancesMin, instancesMax } = policy
  const fitting = Math.ceil(roundedOff((current * share) / target))
  const dampened = current - Math.ceil(roundedOff(current * damping * (1 - share / target)))
  const wanted = share >= target ? fitting : Math.max(fitting, dampened)
  return Math.min(instancesMax, Math.max(instancesMin, wanted))
}

/** 2 × 0.6 ÷ 0.6 must be 2: what floating point adds is no instance. */
function roundedOff(value: number): number {
  return Math.round(value * 1e9) / 1e9
}
