import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'

/** A folder that is gone when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-end-to-end-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A server process on a folder, serving; it does not outlive the test. */
export async function runningServer(folder: string): Promise<ServerProcess> {
  const server = await ServerProcess.prepare(folder)
  onTestFinished(() => server.kill())
  await server.start()
  return server
}

/** Settings with which the command line reaches a server. */
export function environmentOf(server: ServerProcess): Record<string, string> {
  return { ...server.credentials, MILLRACE_URL: server.url }
}
