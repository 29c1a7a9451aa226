import { MillraceError } from '../error.ts'
import type { PublishOutcome } from '../events.ts'
import type { HeldEvent } from './held-event.ts'
import type { PublisherSettings } from './options.ts'

export function closedError(): MillraceError {
  return new MillraceError(
    'client.publisher-closed',
    'the publisher is closed; the event is not published by it',
    0,
  )
}

export function tooLargeError(bytes: number, limit: number): MillraceError {
  const message = `the event has ${bytes} bytes; the publisher holds at most ${limit}`
  return new MillraceError('client.event-too-large', message, 0, { limit, seen: bytes })
}

/** What is told of one event of a list; rejects with what is no refusal. */
export function outcomeOf(thrown: unknown, id: string | undefined): PublishOutcome {
  if (!(thrown instanceof MillraceError)) throw thrown
  return { ...(id === undefined ? {} : { id }), error: { code: thrown.code, detail: thrown.message } }
}

export function deadlineError({ event, attempts, lastError }: HeldEvent, deadlineMs: number): MillraceError {
  const reason = lastError === undefined ? 'it was never sent' : lastError.message
  return new MillraceError(
    'client.publish-deadline',
    `event ${event.id} was given up after ${deadlineMs} ms and ${attempts} attempts: ${reason}`,
    lastError?.status ?? 0,
    lastError?.problem,
    { cause: lastError },
  )
}

export function fullError(
  { events, bytes }: { readonly events: number; readonly bytes: number },
  { bufferedMax, bufferedBytesMax }: PublisherSettings,
): MillraceError {
  return new MillraceError(
    'client.publisher-full',
    `the publisher holds ${events} events of ${bytes} bytes; its limits are ${bufferedMax} and ${bufferedBytesMax}`,
    0,
  )
}

/** The same error, of an event that may be stored all the same: an attempt had no answer. */
export function maybeStored(error: MillraceError): MillraceError {
  const { code, message, status, problem, retryAfterMs } = error
  return new MillraceError(
    code,
    message,
    status,
    { ...problem, mayBeStored: true },
    { cause: error, retryAfterMs },
  )
}
