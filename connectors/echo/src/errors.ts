import { AppError, retryBackoff } from '@millrace/spi'

/** What can go wrong here, in our words. A connector with a client library maps that library's errors instead. */
export type EchoFailure = 'wanted' | 'source-closed'

/** Total: every failure has its code, its sentence and its verdict. */
export function echoError(failure: EchoFailure): AppError {
  switch (failure) {
    case 'wanted':
      return new AppError('sink.failed', 'The options ask for the failure of this record.', retryBackoff)
    case 'source-closed':
      return new AppError(
        'source.closed',
        'The source is closed; nothing more is read from it.',
        retryBackoff,
      )
    default:
      failure satisfies never
      return new AppError('internal.unexpected', 'The connector failed unforeseen.', retryBackoff)
  }
}
