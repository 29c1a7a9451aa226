import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../tools/process/index.ts'

/** How long a server may take until it serves, in milliseconds. */
const readyMsMax = 60_000

/** A server process that tells all it can, and everything that it tells. */
export class ObservedServer implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess
  readonly #logged: Buffer[] = []
  readonly #collector: BodyKeeper

  private constructor(url: string, child: ChildProcess, collector: BodyKeeper) {
    this.url = url
    this.#child = child
    this.#collector = collector
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#logged.push(chunk))
    }
  }

  /** Logs everything and traces everything. */
  static async start(
    dataPath: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<ObservedServer> {
    const collector = await BodyKeeper.start(200)
    const port = await freePort()
    const bin = join(import.meta.dirname, '../../packages/cli/bin/millrace.js')
    const child = spawn(process.execPath, [bin, 'start'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        MILLRACE_LISTEN: `127.0.0.1:${port}`,
        MILLRACE_DATA: dataPath,
        MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
        MILLRACE_AUDIT_READS: 'true',
        MILLRACE_LOG: 'trace',
        MILLRACE_OTLP_ENDPOINT: collector.url,
        MILLRACE_TRACE_RATIO: '1',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const server = new ObservedServer(`http://127.0.0.1:${port}`, child, collector)
    const ready = AbortSignal.timeout(readyMsMax)
    while (!(await isReady(server.url))) {
      if (child.exitCode !== null || ready.aborted) {
        await server[Symbol.asyncDispose]()
        throw new Error(`the server did not come up: ${server.logged().toString()}`)
      }
      await pause(50)
    }
    return server
  }

  logged(): Buffer {
    return Buffer.concat(this.#logged)
  }

  /** What the collector of traces was sent. */
  traced(): Buffer {
    return this.#collector.received()
  }

  /** Lets the server end by itself; what it had to say and to trace has been said then. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL')
    await this.#collector[Symbol.asyncDispose]()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'close')
    this.#child.kill(signal)
    await ended
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** Takes every request, keeps its body, and answers with its credentials: some services do so when they refuse them. */
export class BodyKeeper implements AsyncDisposable {
  readonly url: string
  readonly #server: Server
  readonly #bodies: Buffer[] = []

  private constructor(url: string, server: Server, bodies: Buffer[]) {
    this.url = url
    this.#server = server
    this.#bodies = bodies
  }

  static async start(status: number): Promise<BodyKeeper> {
    const bodies: Buffer[] = []
    const server = createServer((request, response) => {
      void buffer(request).then(body => {
        bodies.push(body)
        const text = status < 300 ? {} : { refused: request.headers, at: request.url }
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(text))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new BodyKeeper(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, bodies)
  }

  received(): Buffer {
    return Buffer.concat(this.#bodies)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
