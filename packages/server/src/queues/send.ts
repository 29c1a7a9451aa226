import { AppError, type Delivery, retryNever, toAppError } from '@millrace/spi'
import type { QueueSpec } from '../resources/index.ts'
import { messageInvalid } from './errors.ts'
import { encodeHandle } from './handle.ts'
import { defaultPriority, delayMsMost, priorityMax } from './limits.ts'
import { encodeMark } from './mark.ts'
import { encodeMessage, messageBytes } from './message-code.ts'
import type { NewMessage, SentMessage } from './message.ts'
import type { Turn } from './turn.ts'

/** What became of one message of a send. */
export type SendOutcome =
  | { readonly status: 'sent'; readonly message: SentMessage }
  | { readonly status: 'refused'; readonly error: AppError }

/** Adds one message to the turn; refused ones change nothing. */
export function sendOne(
  turn: Turn,
  message: NewMessage,
  idOf: (position: number, enqueuedAtMs: number) => string,
): SendOutcome {
  const { spec } = turn.view
  try {
    checkMessage(message, spec)
  } catch (thrown) {
    return { status: 'refused', error: toAppError(thrown) }
  }
  const delayMs = message.delayMs ?? spec.delayMs
  const acceptedAtMs = message.enqueuedAtMs ?? turn.nowMs
  const delivery: Delivery = {
    position: turn.next,
    attempts: encodeMark({ priority: message.priority ?? defaultPriority, handles: 0, receives: 0 }),
    dueAtMs: delayMs === 0 ? 0 : turn.nowMs + delayMs,
    enqueuedAtMs: acceptedAtMs,
    lane: undefined,
  }
  turn.send({ bytes: encodeMessage(message), acceptedAtMs }, delivery)
  const handle = delivery.dueAtMs === 0 ? undefined : encodeHandle(delivery)
  return { status: 'sent', message: { id: idOf(delivery.position, acceptedAtMs), handle } }
}

/** Throws for what the queue does not take. */
export function checkMessage(message: NewMessage, { messageBytesMax }: QueueSpec): void {
  const { priority = defaultPriority, delayMs = 0 } = message
  if (!isWithin(priority, 1, priorityMax)) {
    throw messageInvalid(`priority is a whole number from 1 to ${priorityMax}, not ${priority}`)
  }
  if (!isWithin(delayMs, 0, delayMsMost)) {
    throw messageInvalid(`the delay is from 0 to ${delayMsMost} ms, not ${delayMs}`, {
      limit: delayMsMost,
      seen: delayMs,
    })
  }
  const bytes = messageBytes(message)
  if (bytes <= messageBytesMax) return
  throw new AppError(
    'queue.message-too-large',
    `the message has ${bytes} bytes, the queue takes at most ${messageBytesMax}`,
    retryNever,
    { details: { limit: messageBytesMax, seen: bytes } },
  )
}

export function isWithin(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max
}
