import type { Pool } from './pool.ts'

/**
 * `function-full`: all versions of the function together have as many instances as it may have. `account-full`: all functions of the
 * account have. `server-full`: all functions together have. `too-fast`: there is room, but instances may not start so quickly.
 */
export type RoomVerdict = 'granted' | 'function-full' | 'account-full' | 'server-full' | 'too-fast'

/** Where the pools ask for room, since they share it. */
export interface Room {
  /** Instances that all versions of the function may have together. */
  limit(pool: Pool): number
  /** Whether the function may have one more, whatever the others have. */
  open(pool: Pool): boolean
  /** Room for one more instance; to be given back by `give`. Whoever is refused is pumped when that may have changed. */
  take(pool: Pool): RoomVerdict
  give(pool: Pool): void
  /** An instance has nothing to do, and nobody of this pool waits for it: it may have to make room. */
  idle(pool: Pool): void
  /** When an instance may start again after `too-fast`, in milliseconds. */
  waitMs(): number
}
