import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { AppError, retryNever } from '@millrace/spi'

/**
 * Holds a folder for this process alone. On Linux the lock is a socket in the abstract name space, named by device and
 * inode: the kernel lets it go when the process ends, however it ends, so that no stale lock outlives a crash. Other
 * systems have no such thing, and there the operator must see to it. Processes in different network name spaces (two
 * containers with one volume) do not see each other either.
 *
 * Rejects with `storage.in-use` when another process, or another store of this one, holds the folder.
 */
export async function lockFolder(path: string): Promise<AsyncDisposable> {
  if (process.platform !== 'linux') return { [Symbol.asyncDispose]: () => Promise.resolve() }
  const { dev, ino } = await stat(path, { bigint: true })
  const server = createServer(connection => connection.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(inUse(path, cause)))
    server.listen(`\0millrace-storage-${dev}-${ino}`, resolve)
  })
  server.unref()
  return {
    [Symbol.asyncDispose]: () => new Promise(resolve => void server.close(() => resolve())),
  }
}

function inUse(path: string, cause: unknown): AppError {
  return new AppError(
    'storage.in-use',
    `The storage in ${path} is open already, in this or another process.`,
    retryNever,
    {
      cause,
    },
  )
}
