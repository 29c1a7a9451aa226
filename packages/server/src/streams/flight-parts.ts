import type { AppError, Clock, Random } from '@millrace/spi'
import type { Tracer } from '../observability/index.ts'
import type { Counts } from './counts.ts'
import type { Ends } from './ends.ts'
import type { Equipment } from './equipment.ts'
import type { RecordRate } from './record-rate.ts'
import type { Writes, Written } from './writes.ts'

/** What a batch needs of its task. */
export interface FlightParts {
  /** `account/name` of the stream. */
  readonly key: string
  readonly equipment: Equipment
  /** Whether the source keeps order within partitions. */
  readonly isOrdered: boolean
  readonly rate: RecordRate
  readonly writes: Writes
  readonly ends: Ends
  readonly counts: Counts
  readonly clock: Clock
  readonly random: Random
  readonly tracer: Tracer | undefined
  /** Aborts when the task stops: nothing is begun or waited for any more; a write under way may end. */
  readonly signal: AbortSignal
  readonly onError: (error: AppError) => void
  /** The stream cannot go on as it is configured. */
  readonly onUnusable: (error: AppError) => void
}

/** What to throw when a write ended without outcomes; the task stops, or will. */
export function interrupted(
  { onUnusable, signal }: FlightParts,
  result: Exclude<Written, { kind: 'outcomes' }>,
): Error {
  if (result.kind === 'abandoned') return signal.reason as Error
  onUnusable(result.error)
  return result.error
}
