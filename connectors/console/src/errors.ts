import { AppError, retryBackoff } from '@millrace/spi'

/** Total: whatever standard output fails with, it may have a reader again later. */
export function outputError(thrown: unknown): AppError {
  const code =
    typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'no code'
  return new AppError('sink.unavailable', `standard output takes no more lines (${code})`, retryBackoff, {
    cause: thrown,
  })
}
