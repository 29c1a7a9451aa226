import { AppError, type ErrorCatalogue, retryBackoff, retryNever } from '@millrace/spi'

/** Codes of this folder, for the server's catalogue; most occur as reasons in a status or a dead letter. */
export const streamsErrors: ErrorCatalogue = {
  'stream.not-found': { status: 404, description: 'There is no such stream.' },
  'stream.pattern-invalid': { status: 400, description: 'The pattern of the stream cannot be compiled.' },
  'stream.answer-invalid': {
    status: 502,
    description: 'A function of the stream did not answer with a JSON array of events.',
  },
  'stream.answer-too-large': {
    status: 502,
    description:
      'A function of the stream answered with more events, or more bytes, than a batch may become.',
  },
  'stream.item-failed': {
    status: 502,
    description: 'The function named this record among the failed ones of its batch.',
  },
  'stream.reply-invalid': {
    status: 502,
    description:
      'The function named failed records in a way that cannot be understood; all of the batch failed.',
  },
}

export function streamNotFound(name: string): AppError {
  return new AppError('stream.not-found', `There is no stream ${name}.`)
}

export function patternInvalid(reason: string, cause: unknown): AppError {
  return new AppError('stream.pattern-invalid', `The pattern cannot be compiled: ${reason}`, retryNever, {
    cause,
  })
}

export function answerInvalid(reason: string): AppError {
  const message = `The function must answer with a JSON array of events: ${reason}.`
  return new AppError('stream.answer-invalid', message, retryBackoff)
}

export function answerTooLarge(what: string, limit: number, seen: number): AppError {
  const message = `The function answered with ${seen} ${what}; the limit is ${limit}.`
  return new AppError('stream.answer-too-large', message, retryBackoff, { details: { limit, seen } })
}

export function itemFailed(): AppError {
  return new AppError('stream.item-failed', 'The function says that this record failed.', retryBackoff)
}

export function replyInvalid(reason: string): AppError {
  const message = `The reply of the function has batchItemFailures, but ${reason}.`
  return new AppError('stream.reply-invalid', message, retryBackoff)
}
