import type { Delivery } from '@millrace/spi'
import { handleInvalid, messageGone, messageInvalid } from './errors.ts'
import { decodeHandle, encodeHandle } from './handle.ts'
import { visibilityMsMax, visibilityMsMin } from './limits.ts'
import { decodeMark, encodeMark, nextHandle } from './mark.ts'
import { isWithin } from './send.ts'
import type { Turn } from './turn.ts'

/** What a change of visibility is answered with. */
export interface ChangedVisibility {
  /** Counts from now on; the one before does not any more. */
  readonly handle: string
  readonly visibleAtMs: number
}

/** Deletes the message of a receipt handle. Throws `queue.handle-invalid` and `queue.message-not-found`. */
export async function deleteHeld(turn: Turn, handle: string): Promise<void> {
  const { shelf, delivery } = await findHeld(turn, handle)
  turn.remove(shelf, delivery.position)
}

/** Hides the message of a receipt handle for so long from now on. */
export async function changeHeld(
  turn: Turn,
  handle: string,
  visibilityMs: number,
): Promise<ChangedVisibility> {
  if (!isWithin(visibilityMs, visibilityMsMin, visibilityMsMax)) {
    throw messageInvalid(
      `the visibility time-out is from ${visibilityMsMin} to ${visibilityMsMax} ms, not ${visibilityMs}`,
      { limit: visibilityMsMax, seen: visibilityMs },
    )
  }
  const { shelf, delivery } = await findHeld(turn, handle)
  const changed = {
    ...delivery,
    attempts: encodeMark(nextHandle(decodeMark(delivery.attempts))),
    dueAtMs: turn.nowMs + visibilityMs,
  }
  turn.put(shelf, changed)
  return { handle: encodeHandle(changed), visibleAtMs: changed.dueAtMs }
}

async function findHeld(
  turn: Turn,
  text: string,
): Promise<{ readonly shelf: string; readonly delivery: Delivery }> {
  const handle = decodeHandle(text)
  if (handle === undefined) throw handleInvalid('was not handed out by this queue')
  if (turn.isRemoved(handle.position)) throw messageGone()
  const { shelves } = turn.parts
  const shelf = shelves.held(handle.attempts)
  const delivery = await turn.held(shelf, handle.position)
  if (delivery === undefined) {
    if (await shelves.has(handle.position)) throw handleInvalid('is not the newest of its message')
    throw messageGone()
  }
  if (delivery.attempts !== handle.attempts || delivery.dueAtMs !== handle.dueAtMs) {
    throw handleInvalid('is not the newest of its message')
  }
  if (turn.nowMs >= delivery.dueAtMs) throw handleInvalid('does not count any more: its time is over')
  return { shelf, delivery }
}
