import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@millrace/sdk'
import type { ServerProcess } from './harness/index.ts'
import type { ScenarioContext } from './scenario.ts'

const bin = fileURLToPath(new URL('../packages/cli/bin/millrace.js', import.meta.url))
const accessKeyId = 'benchmark'
const accessKeySecret = 'benchmark-only-secret'

/** A Millrace server under measurement and a client for it. */
export interface Millrace extends AsyncDisposable {
  readonly server: ServerProcess
  readonly client: Client
  readonly port: number
  readonly token: string
}

/** Starts `millrace start` on a free port with its state in `folder`: the defaults, but for loopback targets. */
export async function startMillrace(context: ScenarioContext, folder: string): Promise<Millrace> {
  const port = await freePort()
  const token = `${accessKeyId}.${accessKeySecret}`
  const server = await context.startServer({
    command: process.execPath,
    args: [bin, 'start'],
    environment: {
      MILLRACE_LISTEN: `127.0.0.1:${port}`,
      MILLRACE_DATA: folder,
      MILLRACE_LOG: 'warn',
      MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
      MILLRACE_ACCESS_KEY_ID: accessKeyId,
      MILLRACE_ACCESS_KEY_SECRET: accessKeySecret,
    },
    ready: { url: `http://127.0.0.1:${port}/readyz` },
    readyWithinMs: 60_000,
  })
  const client = createClient({ url: `http://127.0.0.1:${port}`, token, timeoutMs: 120_000 })
  return { server, client, port, token, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** One event as JSON text of exactly so many bytes; `{sequence}` in the id stands for 12 digits. */
export function eventText(bytes: number): string {
  const event = JSON.stringify({
    specversion: '1.0',
    id: '{sequence}',
    source: '/benchmark',
    type: 'benchmark.event',
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    data: { amount: 12.5, text: '' },
  })
  const missing = bytes - event.length - ('000000000000'.length - '{sequence}'.length)
  return event.replace('"text":""', `"text":"${'x'.repeat(missing)}"`)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port could be had')
  return address.port
}
