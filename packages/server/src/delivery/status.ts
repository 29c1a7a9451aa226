import type { LastError } from './courier.ts'

/** Parked lanes that a status names at most. */
export const statusLanesMax = 100

/** How one target stands. */
export interface TargetStatus {
  /** Deliveries that have not ended, in flight or not. */
  readonly pending: number
  readonly inFlight: number
  /**
   * `paused` by its spec, `blocked` by an exhausted delivery until it is resumed, `circuit-open` while the target is
   * given a rest and probed.
   */
  readonly state: 'running' | 'paused' | 'blocked' | 'circuit-open'
  /** Keys that wait for a person, at most `statusLanesMax`. */
  readonly lanesParked: readonly string[]
  readonly nextAttemptAtMs?: number
  /** The last attempt that failed in the life of this process. */
  readonly lastError?: LastError
}
