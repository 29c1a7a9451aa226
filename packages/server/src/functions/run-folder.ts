import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Unix socket's path has at most 107 bytes; the part below this folder takes up to 20. */
const runFolderBytesMax = 80

/** Where instances have their folders: below the data folder where its path is short enough, else in the temporary folder under a name made from it. */
export function runFolder(dataFolder: string): string {
  const below = join(dataFolder, 'run')
  if (Buffer.byteLength(below) <= runFolderBytesMax) return below
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)
  return join(tmpdir(), `millrace-${name}`)
}
