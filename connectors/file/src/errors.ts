import { AppError, retryBackoff, retryNever } from '@millrace/spi'
import { PathRefusal } from './place.ts'

/** A place that is there and no regular file: a folder, a device, a pipe, or a link where none is followed. */
export class NotAFile extends Error {
  override readonly name = 'NotAFile'
}

/** Total: what went wrong while a file was read, with a verdict. */
export function sourceError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown
  const made = (code: string, reason: string, retry = retryNever): AppError =>
    new AppError(code, `${path} cannot be read: ${reason}`, retry, { cause: thrown })
  if (thrown instanceof PathRefusal) return made('source.rejected', thrown.message)
  if (thrown instanceof NotAFile) return made('source.rejected', 'it is no regular file')
  const code = codeOf(thrown)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return made('source.not-found', `its folder is not there (${code})`)
    case 'EACCES':
    case 'EPERM':
      return made('source.unauthorized', `the server may not (${code})`)
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return made('source.rejected', `the path leads nowhere (${code})`)
    default:
      return made('source.failed', `the system failed (${code})`, retryBackoff)
  }
}

/** Total: what went wrong while a file was written, with a verdict. */
export function sinkError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown
  const made = (code: string, reason: string, retry = retryNever): AppError =>
    new AppError(code, `${path} cannot be written: ${reason}`, retry, { cause: thrown })
  if (thrown instanceof PathRefusal) return made('sink.address-refused', thrown.message)
  if (thrown instanceof NotAFile) return made('sink.rejected', 'it is no regular file')
  const code = codeOf(thrown)
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return made('sink.unauthorized', `the server may not (${code})`)
    case 'EISDIR':
    case 'ELOOP':
    case 'ENXIO':
      return made('sink.rejected', `it is no regular file (${code})`)
    case 'ENAMETOOLONG':
      return made('sink.rejected', `the path leads nowhere (${code})`)
    case 'ENOENT':
    case 'ENOTDIR':
      return made('sink.unavailable', `its folder is not there (${code})`, retryBackoff)
    case 'ENOSPC':
    case 'EDQUOT':
      return made('sink.unavailable', `there is no room (${code})`, retryBackoff)
    default:
      return made('sink.failed', `the system failed (${code})`, retryBackoff)
  }
}

export function sourceClosed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing more is read', retryBackoff)
}

export function sinkClosed(): AppError {
  return new AppError('sink.unavailable', 'the sink is closed; nothing was written', retryBackoff)
}

export function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT'
}

function codeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return 'no code'
  return String(thrown.code)
}
