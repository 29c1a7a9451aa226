import { AppError, type ErrorCatalogue, retryBackoff, retryNever } from '@millrace/spi'

/** Codes of log stores. */
export const logStoreErrors: ErrorCatalogue = {
  'logstore.not-found': {
    status: 404,
    description: 'There is no such log store, or it was deleted meanwhile.',
  },
  'logstore.shard-not-found': { status: 404, description: 'The log store has no shard of that number.' },
}

export function logStoreNotFound(name: string): AppError {
  return new AppError('logstore.not-found', `there is no log store ${name}`, retryBackoff, {
    details: { kind: 'logstore', name },
  })
}

export function shardNotFound(name: string, shards: number, seen: number): AppError {
  return new AppError(
    'logstore.shard-not-found',
    `the log store ${name} has the shards 0 to ${shards - 1}, and no ${seen}`,
    retryNever,
    { details: { limit: shards - 1, seen } },
  )
}
