import type { AppError, Clock, Delivery, Queue } from '@millrace/spi'
import type { EngineObserver } from '../observability/index.ts'
import { journalLog } from '../resources/index.ts'
import type { QueueIdentity } from './identity.ts'
import { encodeJournal } from './journal.ts'
import { repeatUntilDone } from './repeat.ts'
import type { Settlements } from './settle.ts'
import { attemptsMade, unpackTries } from './tries.ts'

/** Deliveries ended in one step. */
const stepMax = 500

export interface RemovalParts {
  readonly queue: Queue
  readonly settlements: Settlements
  readonly clock: Clock
  readonly observer: EngineObserver
}

/**
 * Ends what is pending in a queue below a position as dropped, with a reason in the journal, step by step: a million
 * deliveries do not come into memory, nor into one transaction. Whoever calls it has made sure that nobody else works
 * on the queue. Rejects only when `signal` aborts; then the rest is still there.
 */
export async function endPending(
  identity: QueueIdentity,
  below: number,
  reason: AppError,
  parts: RemovalParts,
  signal: AbortSignal,
): Promise<void> {
  let after = 0
  for (;;) {
    const found = await repeatUntilDone(
      () => parts.queue.read(identity.queue, { kind: 'all', after }, stepMax),
      parts.clock,
      signal,
      () => {},
    )
    const ended = found.filter(delivery => delivery.position < below)
    if (ended.length === 0) return
    await Promise.all(ended.map(delivery => end(identity, delivery, reason, parts)))
    after = ended.at(-1)?.position ?? after
  }
}

function end(
  identity: QueueIdentity,
  delivery: Delivery,
  reason: AppError,
  parts: RemovalParts,
): Promise<void> {
  const { rule, target, replay, bus, queue } = identity
  const { position, attempts } = delivery
  const entry = encodeJournal({
    position,
    rule,
    target,
    ...(replay === undefined ? {} : { replay }),
    ending: 'dropped',
    code: reason.code,
    detail: reason.message,
    attempts: attemptsMade(unpackTries(attempts)),
    atMs: parts.clock.nowMs(),
    durationMs: 0,
  })
  parts.observer.settled(queue, 'dropped', parts.clock.nowMs() - delivery.enqueuedAtMs)
  return parts.settlements.add({ queue, remove: position, journal: [{ log: journalLog(bus), entry }] })
}
