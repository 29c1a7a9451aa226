import type { InstalledRuntime } from '@millrace/spi'
import { runtime } from '../src/index.ts'

/** Every Python of this machine, newest first, each once. */
export async function installedPythons(): Promise<readonly InstalledRuntime[]> {
  const searchPath = process.env['PATH'] ?? ''
  const found = await runtime.detect({ searchPath }, new AbortController().signal)
  return found.filter(({ name }) => name !== 'python3')
}
