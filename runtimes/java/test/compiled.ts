import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { InstalledRuntime } from '@millrace/spi'
import { runtime } from '../src/index.ts'

const run = promisify(execFile)
export const fixturesFolder = fileURLToPath(new URL('fixtures', import.meta.url))

/** The Java of this machine under the name of its own version; `undefined` when there is none. */
export async function installedJava(): Promise<InstalledRuntime | undefined> {
  const searchPath = process.env['PATH'] ?? ''
  const [newest] = await runtime.detect({ searchPath }, new AbortController().signal)
  return newest
}

/** Compiles sources against our interfaces into a new folder, which the caller removes. */
export async function compileJava(java: InstalledRuntime, ...sources: string[]): Promise<string> {
  const { command, args } = java.launch({ memoryMiB: 256 })
  const folder = await mkdtemp(join(tmpdir(), 'millrace-java-'))
  const javac = join(dirname(command), 'javac')
  await run(javac, ['-cp', join(args.at(-1) ?? '', 'compat.jar'), '-d', folder, ...sources])
  return folder
}
