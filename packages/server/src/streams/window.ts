/** When a batch is full, and how long it may wait to be. */
export interface BatchLimits {
  readonly countMax: number
  readonly bytesMax: number
  readonly windowMs: number
}

/** When a batch of what is there may go: 0 for at once, since it is full or nothing is waited for. Pure. */
export function dueAtMs(
  { countMax, bytesMax, windowMs }: BatchLimits,
  count: number,
  bytes: number,
  oldestAtMs: () => number,
): number {
  if (windowMs === 0 || count >= countMax || bytes >= bytesMax) return 0
  return oldestAtMs() + windowMs
}
