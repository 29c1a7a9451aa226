import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '@millrace/sdk'

const accessKeyId = 'demo'
const accessKeySecret = 'for-this-run-on-loopback-only'

/** Longest wait for a server to become ready, in milliseconds. */
const readyWithinMs = 60_000

/** A server that has not ended this long after SIGTERM is killed, in milliseconds; its own limits are far below. */
const endWithinMs = 60_000

/** A real `millrace start` in a process of its own, on a port of its own, that can be killed and started again. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string
  private readonly dataPath: string
  private readonly port: number
  private readonly environment: Readonly<Record<string, string>>
  private readonly user: number | undefined
  private child: ChildProcess | undefined

  private constructor(
    dataPath: string,
    port: number,
    environment: Readonly<Record<string, string>>,
    user: number | undefined,
  ) {
    this.dataPath = dataPath
    this.user = user
    this.environment = environment
    this.port = port
    this.url = `http://127.0.0.1:${port}`
  }

  /** `environment` is added to what the server is started with; `user` is the number of the one to run it as. */
  static async prepare(
    dataPath: string,
    environment: Readonly<Record<string, string>> = {},
    user?: number,
  ): Promise<ServerProcess> {
    return new ServerProcess(dataPath, await freePort(), environment, user)
  }

  /** Of the running server. */
  get processId(): number {
    const { pid } = this.child ?? {}
    if (pid === undefined) throw new Error('the server is not running')
    return pid
  }

  /** Resolves with the milliseconds from the start of the process until it serves. */
  async start(): Promise<number> {
    const startedAtMs = performance.now()
    const bin = join(import.meta.dirname, '../../packages/cli/bin/millrace.js')
    const child = spawn(process.execPath, [bin, 'start'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        MILLRACE_LISTEN: `127.0.0.1:${this.port}`,
        MILLRACE_DATA: this.dataPath,
        MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
        MILLRACE_LOG: 'error',
        MILLRACE_ACCESS_KEY_ID: accessKeyId,
        MILLRACE_ACCESS_KEY_SECRET: accessKeySecret,
        ...this.environment,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
      ...(this.user === undefined ? {} : { uid: this.user, gid: this.user }),
    })
    this.child = child
    const anonymous = createClient({ url: this.url })
    while (!(await anonymous.isReady())) {
      if (hasEnded(child))
        throw new Error(`the server ended with ${child.exitCode ?? child.signalCode} while starting`)
      if (performance.now() - startedAtMs > readyWithinMs)
        throw new Error(`the server was not ready within ${readyWithinMs} ms`)
      await pause(20)
    }
    return performance.now() - startedAtMs
  }

  /** Settings with which a command line on this machine is let in. */
  get credentials(): { MILLRACE_ACCESS_KEY_ID: string; MILLRACE_ACCESS_KEY_SECRET: string } {
    return { MILLRACE_ACCESS_KEY_ID: accessKeyId, MILLRACE_ACCESS_KEY_SECRET: accessKeySecret }
  }

  client(): Client {
    return createClient({ url: this.url, token: `${accessKeyId}.${accessKeySecret}` })
  }

  /** SIGKILL: no goodbye, no flush. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** SIGTERM, which lets the server drain; resolves with its exit code, `null` when it had to be killed meanwhile. */
  stop(): Promise<number | null> {
    return this.end('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM')
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this
    if (child === undefined) return null
    if (!hasEnded(child)) {
      const ended = once(child, 'exit')
      child.kill(signal)
      const overdue = setTimeout(() => child.kill('SIGKILL'), endWithinMs)
      await ended
      clearTimeout(overdue)
    }
    return child.exitCode
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** A port of the loopback interface that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port could be had')
  return address.port
}
