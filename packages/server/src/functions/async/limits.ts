/** Limits of asynchronous calls, each with a name and a default (function-compute, sections 3.2, 7 and 11.1). */
export interface CallLimits {
  /** Bytes of a payload; at most `payloadBytesMost`. */
  readonly payloadBytesMax: number
  /** How long the record of a task is kept after its end, in milliseconds. */
  readonly taskKeptMs: number
  /** Records that one look through the tasks removes or ends at most; the rest waits for the next. */
  readonly reviewedMax: number
  /** Last failures of calls that are remembered until their destination is told; beyond it the oldest is forgotten. */
  readonly failuresMax: number
}

/** What `payloadBytesMax` may be raised to. */
export const payloadBytesMost = 262_144

export const defaultCallLimits: CallLimits = {
  payloadBytesMax: 131_072,
  taskKeptMs: 7 * 86_400_000,
  reviewedMax: 10_000,
  failuresMax: 1_000,
}

/** A call may be put off by less than an hour. */
export const delayMsMax = 3_600_000

/** Bytes of the function's answer that an outcome carries. */
export const responseBytesMax = 65_536

/** Longest event of the hidden bus: an outcome whose texts are all written as escapes. */
export const eventBytesMax = 4 * 1024 * 1024

/** The longest time-out of a function, its initializer and the wait for an instance: the pool ends a call long before. */
export const callTimeoutMs = 86_400_000 + 900_000
