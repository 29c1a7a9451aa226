/** What asynchronous calls are counted by, told one by one. Implementations count and return. */
export interface CallObserver {
  /** `key` is `account/name` of the function. */
  enqueued(key: string): void
  /** Taken from the queue for the first time, so long after it might have been. */
  dequeued(key: string, latencyMs: number): void
  /** Too old before it could be made. */
  expired(key: string): void
  /** An outcome was given to a destination, or could not be. */
  destination(key: string, succeeded: boolean): void
}

/** Observes nothing. */
export const silentCallObserver: CallObserver = {
  enqueued: () => {},
  dequeued: () => {},
  expired: () => {},
  destination: () => {},
}
