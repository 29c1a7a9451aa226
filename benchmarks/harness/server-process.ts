import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProcessKeeper } from './process-keeper.ts'

/** How to start a server and how to tell that it is ready. */
export interface ServerOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly folder?: string
  /** A line of its output, or an address that answers 200. */
  readonly ready: { readonly line: RegExp } | { readonly url: string }
  /** Default 10,000. */
  readonly readyWithinMs?: number
}

/** Characters of a server's output that are kept. */
const outputCharactersMax = 64 * 1024
const readyPollMs = 2

/** A server in a process of its own. Disposing it stops it, by force when it does not go in time. */
export class ServerProcess implements AsyncDisposable {
  /** From the start of the process until it was ready. */
  readonly readyMs: number
  /** What the `ready.line` pattern found, groups included; empty when readiness was an address. */
  readonly readyMatch: readonly string[]
  readonly #child: ChildProcess
  readonly #output: () => string

  constructor(child: ChildProcess, ready: { ms: number; match: readonly string[] }, output: () => string) {
    this.#child = child
    this.readyMs = ready.ms
    this.readyMatch = ready.match
    this.#output = output
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The end of what it wrote to both streams. */
  get output(): string {
    return this.#output()
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resident memory now, in bytes. */
  residentBytes(): number {
    return memoryBytes(this.pid, 'VmRSS')
  }

  /** The most resident memory it ever had, in bytes. */
  residentBytesMax(): number {
    return memoryBytes(this.pid, 'VmHWM')
  }

  /** Asks it to stop and waits; kills it after `graceMs`. Resolves when it is gone, whether or not it was already. */
  async stop(graceMs = 10_000): Promise<void> {
    if (!this.running) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const force = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    await gone
    clearTimeout(force)
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.stop(0)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Starts a server and waits until it is ready. Rejects with its output when it ends or is not ready in time. */
export async function startServer(
  options: ServerOptions,
  keeper: ProcessKeeper,
  signal: AbortSignal,
): Promise<ServerProcess> {
  signal.throwIfAborted()
  const beganAt = performance.now()
  const child = keeper.keep(
    spawn(options.command, options.args, {
      cwd: options.folder,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  let output = ''
  const keepOutput = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-outputCharactersMax)
  }
  child.stdout.on('data', keepOutput)
  child.stderr.on('data', keepOutput)
  const over = AbortSignal.any([signal, AbortSignal.timeout(options.readyWithinMs ?? 10_000)])
  try {
    const match = await Promise.race([
      untilReady(child, options.ready, () => output, over),
      untilEnded(child),
    ])
    return new ServerProcess(child, { ms: performance.now() - beganAt, match }, () => output)
  } catch (error) {
    child.kill('SIGKILL')
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${options.command} did not become ready: ${reason}\n${output}`, { cause: error })
  }
}

async function untilEnded(child: ChildProcess): Promise<never> {
  const [code, killed] = (await once(child, 'exit')) as [number | null, string | null]
  throw new Error(`it ended with ${killed ?? String(code)}`)
}

async function untilReady(
  child: ChildProcess,
  ready: ServerOptions['ready'],
  output: () => string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if ('line' in ready) {
    for (;;) {
      const match = ready.line.exec(output())
      if (match !== null) return [...match]
      if (child.stdout !== null) await once(child.stdout, 'data', { signal })
    }
  }
  while (!(await answersOk(ready.url, signal))) await wait(readyPollMs, undefined, { signal })
  return []
}

function answersOk(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const request = get(url, { signal, agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })
}

function memoryBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(kibibytes) * 1024
}
