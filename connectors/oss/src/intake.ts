import type { Item } from './item.ts'

/** Where a source learns of objects. */
export interface Intake extends AsyncDisposable {
  /** The next object, waiting for one. Rejects with the signal's reason, or an AppError of the source; may be asked again. */
  next(signal: AbortSignal): Promise<Item>
  /** Records of these objects are done; resolves when that is known where it must be known. */
  settle(items: ReadonlySet<Item>): Promise<void>
  /** Objects that are known and were not given out. */
  readonly waiting: number
}
