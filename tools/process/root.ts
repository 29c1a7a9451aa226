import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository this file stands in. */
export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Path of a command that `npm ci` installed. */
export function installedCommand(name: string): string {
  return join(repositoryRoot, 'node_modules', '.bin', name)
}
