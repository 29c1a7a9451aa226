/** Limits of the client process, for sources and sinks alike. */
export const hostLimits = {
  callsMax: 1_024,
  stopTimeoutMs: 3_000,
  pauseMs: 200,
  pauseMsMax: 10_000,
} as const
