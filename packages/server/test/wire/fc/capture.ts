import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '@millrace/spi'
import { acs3Scheme, bearerScheme, fcNativeScheme } from '../../../src/auth/index.ts'
import { functionComputePaths, listen } from '../../../src/http/index.ts'
import { startServer } from '../../http/harness.ts'
import { accessKeyId, accessKeySecret, account, region } from './fixture.ts'

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
  readonly answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    /** Parsed where it is JSON; what differs each time is masked. */
    readonly body: unknown
  }
}

export interface Capture {
  /** The clock of the server, from which signatures must not be far off. */
  readonly atMs: number
  readonly exchanges: readonly Exchange[]
}

/** Names of the captures, by the client that made them. */
export const captureNames = ['generation3', 'generation2'] as const

export function capturePath(name: string): string {
  return join(import.meta.dirname, 'captures', `${name}.json`)
}

export async function readCapture(name: string): Promise<Capture> {
  return JSON.parse(await readFile(capturePath(name), 'utf8')) as Capture
}

/** The composed interface with a clock that stands still at the given time; its timers go on. */
export async function startFrozen(atMs: number): Promise<{ endpoint: string } & AsyncDisposable> {
  const owned = new AsyncDisposableStack()
  const clock: Clock = { nowMs: () => atMs, timer: (delayMs, fire) => systemClock.timer(delayMs, fire) }
  const { services } = owned.use(await startServer())
  const credentials = [{ accessKeyId, accessKeySecret, account }]
  const signed = { credentials, clock, pathPrefixes: functionComputePaths }
  const listener = owned.use(
    await listen(
      { ...services, clock, node: { ...services.node, region } },
      {
        host: '127.0.0.1',
        port: 0,
        credentials,
        schemes: [bearerScheme(credentials), acs3Scheme(signed), fcNativeScheme(signed)],
      },
    ),
  )
  return { endpoint: new URL(listener.url).host, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const comparedHeaders = ['content-type', 'etag', 'x-fc-error-type', 'x-fc-invocation-function-version']

/** The answer without what differs each time: ids, times, and addresses that hold a port. */
export function comparable(status: number, headers: Readonly<Record<string, unknown>>, text: string) {
  const masked = text
    .replaceAll(/[1c]-[\da-f]{8}-[\da-f]{8}-[\da-f]{12}/g, '<id>')
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replaceAll(/"createdTimeMs":\d+/g, '"createdTimeMs":0')
    .replaceAll(/127\.0\.0\.1:\d+/g, '<endpoint>')
  const kept = comparedHeaders.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]]]))
  const isJson = String(headers['content-type']).startsWith('application/json') && masked !== ''
  return {
    status,
    headers: Object.fromEntries(kept) as Record<string, string>,
    body: isJson ? (JSON.parse(masked) as unknown) : masked,
  }
}
