import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, FunctionSpec } from '@millrace/sdk'
import { onTestFinished } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'

/** The number of an ordinary user that every machine has. */
const nobody = 65_534

/** Who runs the server. */
export type Who = 'root' | 'an ordinary user'

/** What an intruder is told to look for: it could find all of it out by trying. */
export interface Facts {
  readonly data: string
  readonly server: number
  readonly port: number
  readonly victim: number
  readonly otherPort: number
  readonly address: string
  /** Attempts to make; all when absent. */
  readonly only?: readonly string[]
}

/** A server with functions, some of which do not mean well. */
export class Place {
  readonly folder: string
  readonly data: string
  readonly server: ServerProcess
  readonly client: Client

  private constructor(folder: string, server: ServerProcess) {
    this.folder = folder
    this.data = join(folder, 'data')
    this.server = server
    this.client = server.client()
  }

  static async open(who: Who, sandbox: string): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-isolation-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    const user = who === 'root' || process.getuid?.() !== 0 ? undefined : nobody
    if (user !== undefined) await chown(folder, user, user)
    // Interpreters in somebody's home are not for others.
    const path = user === undefined ? {} : { PATH: '/usr/local/bin:/usr/bin:/bin' }
    const environment = {
      MILLRACE_SANDBOX: sandbox,
      MILLRACE_ALLOW_PRIVATE_TARGETS: 'false',
      HOME: folder,
      TMPDIR: folder,
      ...path,
    }
    const server = await ServerProcess.prepare(join(folder, 'data'), environment, user)
    onTestFinished(() => server.kill())
    await server.start()
    return new Place(folder, server)
  }

  /** Defines a function by its one file. */
  async define(
    name: string,
    file: string,
    source: string,
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const code = await this.client.uploadCode(new Map([[file, Buffer.from(source)]]))
    const runtime = file.endsWith('.py') ? 'python3' : 'nodejs'
    const spec = { runtime, handler: 'index.handler', code, timeoutMs: 30_000, ...change } as FunctionSpec
    await this.client.functions.put(name, spec)
  }

  async defineFrom(
    name: string,
    path: string,
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const source = await readFile(new URL(path, import.meta.url), 'utf8')
    await this.define(name, `index${path.slice(path.lastIndexOf('.'))}`, source, change)
  }

  /** The answer of an intruder to a deed. */
  async ask<Answer>(name: string, deed: string, facts?: Facts): Promise<Answer> {
    const answer = await this.client.invoke(name, JSON.stringify({ deed, facts }))
    return JSON.parse(Buffer.from(answer).toString()) as Answer
  }

  /** Starts a function that has something to lose, and resolves with what an intruder would like to know. */
  async facts(): Promise<Facts> {
    const source = `const fs = require('node:fs')
      exports.handler = async () => { fs.writeFileSync(require('node:os').tmpdir() + '/of-the-victim', 'its own'); return 'written' }`
    await this.define('victim', 'index.js', source)
    await this.client.invoke('victim', '')
    const other = createServer(socket => socket.destroy()).listen(0, '0.0.0.0')
    onTestFinished(() => void other.close())
    await new Promise(resolve => other.once('listening', resolve))
    await this.#keepCredentials()
    const processes = await descendants(this.server.processId)
    return {
      data: this.data,
      server: this.server.processId,
      port: Number(new URL(this.server.url).port),
      victim: processes.at(-1) ?? 0,
      otherPort: (other.address() as { port: number }).port,
      address: ownAddress(),
    }
  }

  /** The file that a server keeps its key in when it is not given one. */
  async #keepCredentials(): Promise<void> {
    const { uid, gid } = await stat(this.data)
    const path = join(this.data, 'credentials.json')
    await writeFile(path, '{"accessKeySecret":"to be found"}', { mode: 0o600 })
    await chown(path, uid, gid)
  }

  /** The program that starts instances for the server. */
  async launcher(): Promise<number> {
    for (const id of await descendants(this.server.processId)) {
      const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '')
      if (environment.startsWith(`MILLRACE_SOCKET=${this.data}/run/.launcher-`)) return id
    }
    throw new Error('the server has no launcher')
  }

  /** Calls a good function all the time; the result stops that and tells how many calls failed of how many. */
  async keepCalling(): Promise<() => Promise<{ calls: number; failures: string[] }>> {
    await this.define('good', 'index.js', 'exports.handler = async event => event', { memoryMiB: 256 })
    const ended = new AbortController()
    let calls = 0
    const failures: string[] = []
    const call = async (): Promise<void> => {
      while (!ended.signal.aborted) {
        calls++
        const answer = await this.client.invoke('good', 'well').then(
          bytes => Buffer.from(bytes).toString(),
          (error: unknown) => String(error),
        )
        if (answer !== 'well') failures.push(answer)
      }
    }
    const loop = call()
    return async () => {
      ended.abort()
      await loop
      return { calls, failures }
    }
  }
}

/** An address of this machine that is not its loopback; loopback when it has no other. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.2'
}

/** All processes below one, by `/proc`. */
export async function descendants(processId: number): Promise<number[]> {
  const found: number[] = []
  const add = async (id: number): Promise<void> => {
    for (const thread of await readdir(`/proc/${id}/task`).catch(() => [])) {
      const text = await readFile(`/proc/${id}/task/${thread}/children`, 'utf8').catch(() => '')
      for (const child of text
        .split(' ')
        .filter(word => word !== '')
        .map(Number)) {
        found.push(child)
        await add(child)
      }
    }
  }
  await add(processId)
  return found
}

/** Why these tests cannot run here for one who runs the server, or `undefined`. */
export function obstacle(who: Who): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux: namespaces are of its kernel'
  if (who === 'root' && process.getuid?.() !== 0) return 'needs root: the server is to be run as root'
  try {
    const asNobody = who === 'root' || process.getuid?.() !== 0 ? {} : { uid: nobody, gid: nobody }
    const options = { ...asNobody, stdio: 'pipe' as const, cwd: '/' }
    execFileSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], options)
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n').at(-2) ?? '').slice(0, 100) : ''
    return `needs bubblewrap: it does not work here (${reason})`
  }
}

/** Why code cannot be connected apart from the machine here, or `undefined`. */
export function networkObstacle(): string | undefined {
  try {
    execFileSync('slirp4netns', ['--version'], { stdio: 'pipe' })
  } catch {
    return 'needs slirp4netns: it is not installed'
  }
  return existsSync('/dev/net/tun') ? undefined : 'needs /dev/net/tun: the kernel has none'
}
