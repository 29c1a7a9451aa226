/** One write that a sink was asked for, and what came of it: the ground truth that the checks go by. */
export interface WriteRecord {
  /** Counts all writes of a run. */
  readonly order: number
  readonly sink: string
  /** The queue it came from; that of a replay has `@` and the id of the replay in its name. */
  readonly queue: string
  readonly isDeadLetter: boolean
  /** Tells one sent event from all others, duplicates of the same id included. */
  readonly nonce: number
  /** `undefined` for a dead letter, which carries none. */
  readonly position: number | undefined
  readonly key: string
  readonly attempt: number
  readonly replay: string | undefined
  readonly bytes: number
  /** Which life of the process asked. */
  readonly life: number
  readonly startedAtMs: number
  /** Whether the target has the event now. */
  isTaken: boolean
  /** Whether the process that asked was told in time that it has. */
  isAcknowledged: boolean
  /** Whether the slot of this write counts no more: it was answered, or given up long enough ago. */
  isOver: boolean
}

/** What a check is told of writes, as they happen. */
export interface WriteWatcher {
  started(write: WriteRecord): void
  taken(write: WriteRecord): void
}
