/** What a stream may hold on one node, and how long it waits. */
export interface StreamLimits {
  /** Records read and not committed, shared among its tasks; reading stops there. Never less than two batches for each. */
  readonly heldRecordsMax: number
  /** Bytes of their events, likewise. */
  readonly heldBytesMax: number
  /** Records and bytes of one read. */
  readonly readRecordsMax: number
  readonly readBytesMax: number
  /** How long batches under way may take to end when a stream stops; then they are given up and come again. */
  readonly drainMsMax: number
  /** A failed stream is tried again after this time. */
  readonly failedPauseMs: number
  /** Longest pause between reads, commits and dead letters that fail. */
  readonly pauseMsMax: number
  /** How long a lease of a task lasts without being renewed. */
  readonly leaseMs: number
  /** Age of a lag that is told without asking the source again. */
  readonly lagAgeMsMax: number
  /** How long the source may take to tell it. */
  readonly lagTimeoutMs: number
}

export const defaultStreamLimits: StreamLimits = {
  heldRecordsMax: 20_000,
  heldBytesMax: 33_554_432,
  readRecordsMax: 2_000,
  readBytesMax: 4_194_304,
  drainMsMax: 10_000,
  failedPauseMs: 60_000,
  pauseMsMax: 30_000,
  leaseMs: 30_000,
  lagAgeMsMax: 5_000,
  lagTimeoutMs: 2_000,
}

/** Events that functions may make of one batch; the bytes are those of an invocation's answer. */
export const madeEventsMax = 10_000
export const madeBytesMax = 33_554_432
/** Bytes of one event that a function makes; such an event never meets the limit of a bus. */
export const madeEventBytesMax = 16_777_216

/** Bytes of a payload that is one JSON array: what a synchronous invocation takes. */
export const listBytesMax = 33_554_432

/** Dead letters that are written at once. */
export const deadLettersAtOnceMax = 4

/** A dropped record is logged as the first of so many. */
export const dropsPerLine = 1_000

/** The first pause after a failure; doubled with each further one, and jittered. */
export const pauseMsMin = 1_000
