import { AppError, retryBackoff, retryNever } from '@millrace/spi'

/** Codes by which LMDB and the system say that there is no room: MDB_MAP_FULL, ENOSPC, EDQUOT, EFBIG. */
const fullCodes: readonly unknown[] = [-30792, 28, 122, 27, 'ENOSPC', 'EDQUOT', 'EFBIG']

/** Makes an `AppError` of anything that LMDB or the file system threw: `storage.full` or `storage.failed`. */
export function toStorageError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const { code, message } = describe(thrown)
  if (fullCodes.includes(code) || message.includes('MDB_MAP_FULL') || message.includes('No space left')) {
    return new AppError('storage.full', 'The disk has no room left; nothing was written.', retryBackoff, {
      cause: thrown,
    })
  }
  return new AppError('storage.failed', `The storage failed: ${message}.`, retryBackoff, { cause: thrown })
}

export function closedError(): AppError {
  return new AppError('storage.closed', 'The storage is closed or closing.', retryNever)
}

/** Bytes that were read do not fit their checksum or their place. */
export function corruptError(log: string, position: number, what: string): AppError {
  return new AppError(
    'storage.corrupt',
    `Log ${log} is damaged at position ${position}: ${what}.`,
    retryNever,
    {
      details: { log, position },
    },
  )
}

function describe(thrown: unknown): { code: unknown; message: string } {
  if (!(thrown instanceof Error)) return { code: undefined, message: String(thrown) }
  return { code: 'code' in thrown ? thrown.code : undefined, message: thrown.message }
}
