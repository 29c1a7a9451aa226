import type { Delivery } from '@millrace/spi'
import type { QueueLimits } from './limits.ts'
import { decodeMark, encodeMark, nextHandle } from './mark.ts'
import type { Turn } from './turn.ts'

export interface Promoted {
  /** Messages that have been received as often as they may and are to move to the dead letter. */
  readonly exhausted: readonly Delivery[]
  /** Whether more may be due. */
  readonly isMore: boolean
}

/**
 * Brings back what was hidden or put off until now. Those that were received too often stay hidden a little longer:
 * that is the time for moving them to the dead letter, and for trying it again.
 *
 * @param moves whether there is a dead letter to move to
 */
export async function promote(turn: Turn, limits: QueueLimits, moves: boolean): Promise<Promoted> {
  const { shelves } = turn.parts
  const limit = limits.turnMessagesMax
  const receivesMax = turn.view.spec.deadLetter?.receivesMax ?? Number.POSITIVE_INFINITY
  const exhausted: Delivery[] = []
  const hidden = await shelves.due(shelves.hidden, turn.nowMs, limit)
  for (const delivery of hidden) {
    const mark = decodeMark(delivery.attempts)
    if (moves && mark.receives >= receivesMax) {
      const moving = {
        ...delivery,
        attempts: encodeMark(nextHandle(mark)),
        dueAtMs: turn.nowMs + limits.moveRetryMs,
      }
      turn.put(shelves.hidden, moving)
      exhausted.push(moving)
    } else turn.move(shelves.hidden, shelves.ready(mark.priority), delivery)
  }
  const delayed = await shelves.due(shelves.delayed, turn.nowMs, limit)
  for (const delivery of delayed) {
    turn.move(shelves.delayed, shelves.ready(decodeMark(delivery.attempts).priority), delivery)
  }
  return { exhausted, isMore: hidden.length === limit || delayed.length === limit }
}

/**
 * Removes messages that have become too old, at most so many of each state; resolves with whether there may be more.
 * Where clocks stepped back a message may be passed over; it is noticed when it is handed out.
 */
export async function removeExpired(turn: Turn, limits: QueueLimits): Promise<boolean> {
  const { shelves, log, logName } = turn.parts
  const limit = limits.turnMessagesMax
  const oldest = await shelves.oldest()
  const keptFrom = await log.seek(logName, turn.nowMs - turn.view.spec.retentionMs + 1)
  if (oldest === undefined || oldest >= keptFrom) return false
  let isMore = false
  for (const shelf of shelves.all) {
    const expired = await shelves.below(shelf, keptFrom, limit)
    for (const { position } of expired) turn.remove(shelf, position)
    isMore ||= expired.length === limit
  }
  return isMore
}

/** Lets go of what lies below the oldest message in the log. */
export async function trim(turn: Turn): Promise<void> {
  const { shelves, log, logName, next } = turn.parts
  const { first } = await log.stat(logName)
  const keep = (await shelves.oldest()) ?? next
  if (keep > first) await log.trim(logName, keep)
}
