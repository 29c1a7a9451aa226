import { AppError, type ErrorCatalogue, retryBackoff, retryNever } from '@millrace/spi'

/** Codes of the built-in queues. */
export const queueErrors: ErrorCatalogue = {
  'queue.not-found': { status: 404, description: 'There is no such queue, or it was deleted meanwhile.' },
  'queue.message-invalid': {
    status: 400,
    description: 'A message, or what is to be done with one, does not fit the limits of the queue.',
  },
  'queue.message-too-large': {
    status: 413,
    description: 'The message has more bytes than the queue takes, its properties included.',
  },
  'queue.message-not-found': { status: 404, description: 'The message was deleted, or became too old.' },
  'queue.handle-invalid': {
    status: 400,
    description:
      'The receipt handle is none, is not the newest of its message, or the time for which it counted is over.',
  },
  'queue.full': { status: 429, description: 'The queue holds as many bytes as it may.' },
  'queue.busy': { status: 503, description: 'More waits to be done with the queue than it keeps in memory.' },
}

export function queueNotFound(name: string): AppError {
  return new AppError('queue.not-found', `there is no queue ${name}`, retryBackoff, {
    details: { kind: 'queue', name },
  })
}

export function messageInvalid(message: string, details?: Record<string, unknown>): AppError {
  return new AppError('queue.message-invalid', message, retryNever, details && { details })
}

export function handleInvalid(reason: string): AppError {
  return new AppError('queue.handle-invalid', `the receipt handle ${reason}`, retryNever)
}

export function messageGone(): AppError {
  return new AppError('queue.message-not-found', 'the message is not there any more', retryNever)
}

export function queueBusy(what: string, limit: number): AppError {
  return new AppError(
    'queue.busy',
    `${what} wait already, at most ${limit} are kept; try again soon`,
    { kind: 'after', delayMs: 1_000 },
    { details: { limit } },
  )
}
