import { type Delivery, type LogEntry } from '@millrace/spi'
import { encodeHandle } from './handle.ts'
import type { QueueLimits } from './limits.ts'
import { afterReceive, decodeMark, encodeMark } from './mark.ts'
import { decodeMessage } from './message-code.ts'
import type { Message, ReceivedMessage } from './message.ts'
import type { Turn } from './turn.ts'
import type { Waiter } from './waiters.ts'

export type MessageIdOf = (position: number, enqueuedAtMs: number) => string

export interface HandedOut {
  readonly answers: ReadonlyMap<Waiter, readonly Handed[]>
  /** Whether nothing more could be received. */
  readonly isEmpty: boolean
}

/** One message for one receiver. */
export interface Handed {
  readonly message: ReceivedMessage
  /** It was sent in the same turn: if the log refuses it, it never was. */
  readonly isNew: boolean
}

/**
 * Gives what can be received to those who wait, first come, first served; removes what is too old on the way. When storage
 * has too little, what the turn itself sends is handed out as well, for the price of one flush instead of two.
 */
export async function handOut(
  turn: Turn,
  waiters: readonly Waiter[],
  limits: QueueLimits,
  idOf: MessageIdOf,
): Promise<HandedOut> {
  const wanted = waiters.reduce((sum, { count }) => sum + count, 0)
  const most = Math.min(wanted, limits.turnMessagesMax)
  const stored = most === 0 ? [] : await turn.parts.shelves.receivable(most)
  const candidates = [...stored, ...turn.sentReady(most - stored.length)]
  const entries = await turn.entries(candidates.map(({ position }) => position))
  const answers = new Map<Waiter, Handed[]>()
  const receivers = waiters.values()
  let receiver = receivers.next().value
  let bytes = 0
  let isCut = false
  for (const candidate of candidates) {
    const entry = entries.get(candidate.position)
    if (entry === undefined || turn.isExpired(entry)) {
      turn.remove(turn.parts.shelves.ready(decodeMark(candidate.attempts).priority), candidate.position)
      continue
    }
    bytes += entry.bytes.length
    isCut = bytes > limits.turnBytesMax && answers.size > 0
    if (isCut || receiver === undefined) break
    const own = answers.get(receiver) ?? []
    answers.set(receiver, own)
    own.push({
      message: receive(turn, candidate, entry, idOf),
      isNew: turn.isSent(candidate.position),
    })
    if (own.length === receiver.count) receiver = receivers.next().value
  }
  return { answers, isEmpty: !isCut && candidates.length < most }
}

/** At most so many that can be received, as they are. */
export async function peek(turn: Turn, count: number, idOf: MessageIdOf): Promise<Message[]> {
  const found: Message[] = []
  const candidates = await turn.parts.shelves.receivable(count)
  const entries = await turn.entries(candidates.map(({ position }) => position))
  for (const candidate of candidates) {
    const entry = entries.get(candidate.position)
    if (entry !== undefined && !turn.isExpired(entry)) found.push(messageOf(candidate, entry, idOf))
  }
  return found
}

function receive(turn: Turn, candidate: Delivery, entry: LogEntry, idOf: MessageIdOf): ReceivedMessage {
  const mark = decodeMark(candidate.attempts)
  const delivery: Delivery = {
    ...candidate,
    attempts: encodeMark(afterReceive(mark)),
    dueAtMs: turn.nowMs + turn.view.spec.visibilityMs,
    // Until its first receive a message has the time of sending here, afterwards that of the first receive.
    enqueuedAtMs: mark.receives === 0 ? turn.nowMs : candidate.enqueuedAtMs,
  }
  turn.hide(delivery)
  const handle = encodeHandle(delivery)
  return { ...messageOf(delivery, entry, idOf), handle, visibleAtMs: delivery.dueAtMs }
}

function messageOf(delivery: Delivery, entry: LogEntry, idOf: MessageIdOf): Message {
  const { priority, receives } = decodeMark(delivery.attempts)
  return {
    id: idOf(entry.position, entry.acceptedAtMs),
    ...decodeMessage(entry),
    priority,
    enqueuedAtMs: entry.acceptedAtMs,
    firstReceivedAtMs: delivery.enqueuedAtMs,
    receives,
  }
}
