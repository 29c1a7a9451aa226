import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamSpec } from '@millrace/sdk'
import { onTestFinished } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'

/** Longest wait for what a stream has still to do. */
export const patienceMs = 90_000
export const testLimitMs = 180_000

/** Retries that do not make a test wait. */
export const quickRetry = {
  strategy: 'CUSTOM',
  retriesMax: 1_000,
  delayMsMin: 50,
  delayMsMax: 500,
} as const

/** A server process with state of its own, which does not outlive the test. */
export async function runningServer(): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-streams-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const server = await ServerProcess.prepare(folder)
  onTestFinished(() => server.kill())
  await server.start()
  return server
}

/** A name that nobody else has. */
export function newName(): string {
  return `streams-${crypto.randomUUID()}`
}

/** A stream from somewhere to an HTTP target that gets each record's body. */
export function toHttp(
  source: StreamSpec['source'],
  url: string,
  path: string,
  more: Partial<StreamSpec> = {},
): StreamSpec {
  return {
    source,
    transform: { form: 'JSONPATH', value: path },
    sink: { connector: 'http', options: { url } },
    retry: quickRetry,
    ...more,
  }
}

/** Figures of a stream; zero for what did not happen yet. */
export async function countsOf(server: ServerProcess, stream: string): Promise<Record<string, number>> {
  const { counts } = await server.client().streams.status(stream)
  return counts
}
