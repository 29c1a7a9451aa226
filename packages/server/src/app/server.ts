import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@millrace/spi'
import type { SinkResolver } from '../delivery/index.ts'
import { createLog, type Log } from '../observability/index.ts'
import { compose, type Composition } from './compose.ts'
import { type Config, readConfig } from './config.ts'
import { installEnvironment } from './install-environment.ts'
import { version } from './version.ts'

/** Folder of the installation: connectors, runtimes and storage drivers lie below it. */
const installationRoot = join(import.meta.dirname, '../../../..')

export interface StartOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Time as the server sees it; the machine's unless told. */
  readonly clock?: Clock
  /** Stands between the engine and the sinks of targets and streams; nothing does unless told. */
  readonly wrapSinks?: (sinks: SinkResolver) => SinkResolver
}

/** A server that serves. Disposing drains and stops it; what is accepted is kept. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string
  /** Bearer token of the administrator's key. */
  readonly token: string
  /**
   * Resolves when everything that was accepted is delivered, or waits for a time, a person or news from outside. Rejects
   * when the signal aborts.
   */
  settled(signal: AbortSignal): Promise<void>
}

/** Starts a server in this process. Resolves when it serves; rejects with a code that names what is wrong. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const config = readConfig(options.environment)
  const { composition } = await start(config, options)
  return {
    url: composition.listener.url,
    token: tokenOf(composition),
    settled: signal => composition.settled(signal),
    [Symbol.asyncDispose]: () => composition[Symbol.asyncDispose](),
  }
}

export interface RunOptions extends StartOptions {
  /** Aborts when the process is asked to end. */
  readonly interrupted: AbortSignal
}

/** Runs a server until it is interrupted; resolves with the exit code. What keeps it from starting rejects. */
export async function runServer({ interrupted, ...options }: RunOptions): Promise<number> {
  const config = readConfig(options.environment)
  const { composition, log } = await start(config, options)
  if (composition.credentials.created) showKey(composition, config)
  log.info('serving', { url: composition.listener.url, storage: config.storage, data: config.dataPath })
  await new Promise<void>(resolve => {
    if (interrupted.aborted) resolve()
    else interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
  log.info('stopping: the door is closed, deliveries under way may end')
  await composition[Symbol.asyncDispose]()
  log.info('stopped')
  return 0
}

async function start(
  config: Config,
  { environment, clock, wrapSinks }: StartOptions,
): Promise<{ composition: Composition; log: Log }> {
  const log = createLog({ level: config.logLevel, isTerminal: process.stderr.isTTY })
  // Only the owner of the process may look into it: it holds events and keys.
  await mkdir(config.dataPath, { recursive: true, mode: 0o700 })
  const searchPath = environment['PATH'] ?? ''
  const composition = await compose({
    config,
    log,
    version,
    root: installationRoot,
    searchPath,
    installEnvironment: installEnvironment(environment),
    clock,
    wrapSinks,
  })
  return { composition, log }
}

function tokenOf({ credentials }: Composition): string {
  const [key] = credentials.credentials
  return key === undefined ? '' : `${key.accessKeyId}.${key.accessKeySecret}`
}

/** The one time the secret is shown; afterwards it is in the credentials file alone. */
function showKey(composition: Composition, config: Config): void {
  process.stderr.write(
    [
      '',
      'A key was made for the administrator; it is kept in',
      `  ${join(config.dataPath, 'credentials.json')}`,
      'and is shown this once. Requests carry it as',
      `  Authorization: Bearer ${tokenOf(composition)}`,
      '',
      '',
    ].join('\n'),
  )
}
