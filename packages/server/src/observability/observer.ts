/** How a delivery ended; each delivery ends in exactly one of these. */
export type Ending = 'delivered' | 'dead-lettered' | 'dropped'

/**
 * What the engine tells about its work, at three points only: accepted, attempted, settled (and routed in between).
 * Called on the hot path: implementations count and return.
 */
export interface EngineObserver {
  accepted(bus: string, events: number, bytes: number): void
  /** An event or request that was not taken, by error code. */
  refused(bus: string, code: string): void
  routed(bus: string, events: number, deliveries: number): void
  attempted(queue: string, succeeded: boolean, durationMs: number, code: string | undefined): void
  /** `latencyMs` counts from acceptance to the ending. */
  settled(queue: string, ending: Ending, latencyMs: number): void
}

/** Observes nothing. */
export const silentObserver: EngineObserver = {
  accepted: () => {},
  refused: () => {},
  routed: () => {},
  attempted: () => {},
  settled: () => {},
}
