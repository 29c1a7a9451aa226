/** What the built-in queues may hold in memory, whatever lies in storage. */
export interface QueueLimits {
  /** Messages of one send, and of one receive. */
  readonly batchMax: number
  /** Operations of one queue that wait for their turn; further ones are refused with `queue.busy`. */
  readonly operationsMax: number
  /** Bytes of messages, over all queues, that wait to be written; further ones are refused with `queue.busy`. */
  readonly waitingBytesMax: number
  /** Receives, over all queues, that wait for a message; a further one is answered at once, with none. */
  readonly waitersMax: number
  /** Messages that one turn of a queue hands out, moves or removes. */
  readonly turnMessagesMax: number
  /** Bytes of messages that one turn hands out; at least one is, whatever its size. */
  readonly turnBytesMax: number
  /** Messages of one queue that are on their way to its dead letter at once. */
  readonly movingMax: number
  /** Pause until a move to the dead letter that failed is tried again, in milliseconds. */
  readonly moveRetryMs: number
  /** How often queues that hold something are cleaned of what is too old, in milliseconds. */
  readonly cleanEveryMs: number
}

export const defaultQueueLimits: QueueLimits = {
  batchMax: 100,
  operationsMax: 10_000,
  waitingBytesMax: 67_108_864,
  waitersMax: 10_000,
  turnMessagesMax: 512,
  turnBytesMax: 8_388_608,
  movingMax: 64,
  moveRetryMs: 10_000,
  cleanEveryMs: 10_000,
}

/** Longest wait of a receive, in milliseconds. */
export const waitMsMax = 30_000

/** Priorities go from 1, the first to be handed out, to this one. */
export const priorityMax = 16
export const defaultPriority = 8

/** Longest delay of a message, in milliseconds. */
export const delayMsMost = 604_800_000

/** Bounds of a changed visibility, in milliseconds. */
export const visibilityMsMin = 1_000
export const visibilityMsMax = 43_200_000
