import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '@millrace/spi'
import { acs3Scheme, acsSignatureScheme } from '../../../src/auth/index.ts'
import { listen, rpcPath } from '../../../src/http/index.ts'
import { startServer, testAccount } from '../../http/harness.ts'
import { accessKeyId, accessKeySecret } from './fixture.ts'

/** What a client sent, to the byte, and what it was answered with. */
export interface Exchange {
  /** What the client was asked to do. */
  readonly what: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  readonly answer: { readonly status: number; readonly body: unknown }
}

export interface Capture {
  /** The clock of the server, from which signatures must not be far off. */
  readonly atMs: number
  readonly exchanges: readonly Exchange[]
}

export const capturePath = join(import.meta.dirname, 'golden.json')

export async function readCapture(): Promise<Capture> {
  return JSON.parse(await readFile(capturePath, 'utf8')) as Capture
}

/** The composed interface with a clock that stands still at the given time, and with queues and an instance to name. */
export async function startFrozen(atMs: number): Promise<{ endpoint: string } & AsyncDisposable> {
  const owned = new AsyncDisposableStack()
  const clock: Clock = { nowMs: () => atMs, timer: (delayMs, fire) => systemClock.timer(delayMs, fire) }
  const { services } = owned.use(await startServer())
  const credentials = [{ accessKeyId, accessKeySecret, account: testAccount }]
  const { queues, instances } = services.resources
  for (const queue of ['in', 'out']) await queues.put(testAccount, queue, {})
  await instances.put(testAccount, 'mns', { connector: 'mns', options: {} })
  const listener = owned.use(
    await listen(
      { ...services, clock, node: { ...services.node, region: 'cn-hangzhou' } },
      {
        host: '127.0.0.1',
        port: 0,
        credentials,
        schemes: [
          acsSignatureScheme({ credentials, clock, pathPrefix: '/openapi/' }),
          acs3Scheme({ credentials, clock, pathPrefixes: [], paths: [rpcPath] }),
        ],
      },
    ),
  )
  return { endpoint: new URL(listener.url).host, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The answer without what differs each time: ids, times, tokens, and addresses that hold a port. */
export function comparable(status: number, text: string): Exchange['answer'] {
  const masked = text
    .replaceAll(/[\dA-F]{8}(?:-[\dA-F]{4}){3}-[\dA-F]{12}/g, '<id>')
    .replaceAll(/token=[\da-f]{128}/g, 'token=<token>')
    .replaceAll(/127\.0\.0\.1:\d+/g, '<endpoint>')
    .replaceAll(/"(CreateTimestamp|CreatedTimestamp|GmtCreate|Ctime|Mtime|LastHeartBeat)":\d+/g, '"$1":0')
  return { status, body: JSON.parse(masked) as unknown }
}
