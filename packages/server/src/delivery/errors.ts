import { AppError, type ErrorCatalogue, retryBackoff, retryNever } from '@millrace/spi'

/** Codes of this folder, for the server's catalogue; most occur as reasons in the journal, not as answers. */
export const deliveryErrors: ErrorCatalogue = {
  'bus.not-found': { status: 404, description: 'There is no such bus.' },
  'delivery.timeout': {
    status: 504,
    description: "The sink did not finish within the target's time-out, nor in the second of grace after it.",
  },
  'delivery.sink-misbehaved': {
    status: 500,
    description: 'The sink broke its contract: it threw, or answered for another number of records.',
  },
  'delivery.target-removed': {
    status: 410,
    description: 'The rule or target was deleted while the delivery was pending.',
  },
  'delivery.event-gone': {
    status: 410,
    description: 'The log no longer has the event. Retention never does this; emptying a bus does.',
  },
  'delivery.expired': {
    status: 504,
    description:
      'The delivery grew older than its retry policy allows while the circuit of its target was open.',
  },
  'delivery.exhausted': {
    status: 502,
    description: 'Retries were used up; the journal of the bus has the failures.',
  },
  'delivery.dead-letter-expired': {
    status: 502,
    description: 'The dead-letter sink failed for longer than a dead letter is kept; the event was dropped.',
  },
  'delivery.target-not-found': { status: 404, description: 'There is no queue of that target.' },
  'replay.invalid': { status: 400, description: 'The request of a replay does not fit the bus or the rule.' },
  'replay.not-found': { status: 404, description: 'There is no such replay.' },
  'replay.too-many': { status: 429, description: 'The bus has as many running replays as it may have.' },
  'replay.cancelled': {
    status: 410,
    description: 'The replay was cancelled while the delivery was pending.',
  },
}

export function busNotFound(bus: string): AppError {
  return new AppError('bus.not-found', `There is no bus ${bus}.`)
}

export function targetNotFound(queue: string): AppError {
  return new AppError('delivery.target-not-found', `There is no target with the queue ${queue}.`)
}

export function attemptTimeout(timeoutMs: number): AppError {
  return new AppError('delivery.timeout', `No answer within ${timeoutMs} ms.`, retryBackoff, {
    details: { limit: timeoutMs },
  })
}

export function sinkMisbehaved(reason: string, cause?: unknown): AppError {
  return new AppError('delivery.sink-misbehaved', `The sink broke its contract: ${reason}.`, retryBackoff, {
    cause,
  })
}

export function targetRemoved(): AppError {
  return new AppError('delivery.target-removed', 'The target was deleted before this delivery was made.')
}

export function replayCancelled(): AppError {
  return new AppError('replay.cancelled', 'The replay was cancelled before this delivery was made.')
}

export function eventGone(position: number): AppError {
  return new AppError('delivery.event-gone', `The log no longer has the event at position ${position}.`)
}

export function expired(waitMsMax: number): AppError {
  return new AppError(
    'delivery.expired',
    `Not attempted for the target's circuit was open, and older than ${waitMsMax} ms.`,
    retryNever,
    { details: { limit: waitMsMax } },
  )
}

export function deadLetterExpired(last: AppError): AppError {
  return new AppError('delivery.dead-letter-expired', `The dead-letter sink kept failing: ${last.message}`)
}
