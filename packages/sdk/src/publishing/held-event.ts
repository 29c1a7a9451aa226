import type { CompleteEvent } from '../complete-event.ts'
import type { MillraceError } from '../error.ts'
import type { Accepted } from '../events.ts'

/** One event from when it is handed over until it is stored or given up. */
export interface HeldEvent {
  readonly event: CompleteEvent
  /** As it is sent; later changes of the event do not matter. */
  readonly text: string
  readonly bytes: number
  /** Of what keeps its order. */
  readonly key: string | undefined
  readonly settled: PromiseWithResolvers<Accepted>
  /** There was room for it. */
  isTaken: boolean
  /** Place in the order of taking. */
  sequence: number
  takenAtMs: number
  /** Attempts that have failed. */
  attempts: number
  /** When it is to be sent at the latest, and for a repetition also at the earliest. */
  dueAtMs: number
  /** An attempt had no answer. */
  isUnknown: boolean
  lastError: MillraceError | undefined
}

export function heldEvent(event: CompleteEvent, key: string | undefined): HeldEvent {
  const text = JSON.stringify(event)
  const settled = Promise.withResolvers<Accepted>()
  // Nobody need be waiting for it.
  settled.promise.catch(() => {})
  return {
    event,
    text,
    bytes: Buffer.byteLength(text),
    key,
    settled,
    isTaken: false,
    sequence: 0,
    takenAtMs: 0,
    attempts: 0,
    dueAtMs: 0,
    isUnknown: false,
    lastError: undefined,
  }
}
