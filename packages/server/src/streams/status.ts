import type { AppError, SourceLag } from '@millrace/spi'
import type { StreamCounts } from './counts.ts'
import type { TaskFigures } from './task.ts'

/**
 * `starting`: sinks and sources are being opened. `running`. `paused`: somebody wants it so. `ready`: blocked before a record, until it is
 * resumed. `failed`: its configuration, or the system of its source, does not let it run; tried again by itself.
 */
export type StreamState = 'starting' | 'running' | 'paused' | 'ready' | 'failed'

export interface StreamReason {
  readonly code: string
  /** A sentence; never what an event holds. */
  readonly message: string
  readonly atMs: number
}

/** How a stream stands on this node. */
export interface StreamStatus {
  readonly account: string
  readonly name: string
  readonly state: StreamState
  /** Why it is `ready` or `failed`. */
  readonly reason?: StreamReason
  /** Tasks that read here. */
  readonly tasks: number
  /** Since the start of the process. */
  readonly counts: StreamCounts
  /** Records written per second, over the last ten. */
  readonly writtenPerSecond: number
  /** How far it is behind, where the source can tell; some seconds old at most. */
  readonly lag?: SourceLag
  /** Batches being written. */
  readonly inFlight: number
  /** What was read and is not committed. */
  readonly heldRecords: number
  readonly heldBytes: number
  readonly lastReadAtMs?: number
  /** The last thing that went wrong, whatever became of it. */
  readonly lastError?: StreamReason
}

export function reasonOf({ code, message }: AppError, atMs: number): StreamReason {
  return { code, message, atMs }
}

/** What is known of a stream, with its tasks one by one. */
export interface StreamFigures {
  readonly account: string
  readonly name: string
  readonly state: StreamState
  readonly reason: StreamReason | undefined
  readonly tasks: readonly TaskFigures[]
  readonly counts: StreamCounts
  readonly writtenPerSecond: number
  readonly lag: SourceLag | undefined
  readonly lastError: StreamReason | undefined
}

export function statusOf({ tasks, reason, lag, lastError, ...known }: StreamFigures): StreamStatus {
  const lastReadAtMs = Math.max(0, ...tasks.map(figures => figures.lastReadAtMs ?? 0))
  const isHeldUp = known.state === 'ready' || known.state === 'failed'
  return {
    ...known,
    tasks: tasks.length,
    inFlight: sum(tasks, ({ inFlight }) => inFlight),
    heldRecords: sum(tasks, ({ heldRecords }) => heldRecords),
    heldBytes: sum(tasks, ({ heldBytes }) => heldBytes),
    ...(isHeldUp && reason !== undefined ? { reason } : {}),
    ...(lag === undefined ? {} : { lag }),
    ...(lastReadAtMs === 0 ? {} : { lastReadAtMs }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

function sum(tasks: readonly TaskFigures[], pick: (figures: TaskFigures) => number): number {
  return tasks.reduce((total, figures) => total + pick(figures), 0)
}
