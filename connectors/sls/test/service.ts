import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '@millrace/server'

// oxlint-disable-next-line no-explicit-any -- the client has no types
type Call = (...values: readonly unknown[]) => Promise<any>
type LogClient = Readonly<Record<string, Call>>
type LogClientClass = new (settings: Record<string, unknown>) => LogClient

/** A log as the vendor's client gives it back. */
export type FoundLog = Readonly<Record<string, string>>

/** A log service: the program's own, over HTTP, and the vendor's client to look at it from outside. */
export class Service implements AsyncDisposable {
  readonly project: string = 'default'
  readonly #server: RunningServer
  readonly #folder: string
  readonly #client: LogClient
  readonly #agent: Agent

  private constructor(server: RunningServer, folder: string) {
    this.#server = server
    this.#folder = folder
    const require = createRequire(import.meta.url)
    const Client = require('@alicloud/log') as LogClientClass
    const { endpoint, ...keys } = this.reach
    this.#client = new Client({ ...keys, endpoint })
    this.#agent = new Agent()
  }

  static async start(): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), 'sls-service-'))
    const environment = {
      MILLRACE_DATA: folder,
      MILLRACE_STORAGE: 'memory',
      MILLRACE_LISTEN: '127.0.0.1:0',
      MILLRACE_SANDBOX: 'process',
      MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
      MILLRACE_LOG: 'error',
      PATH: process.env['PATH'],
    }
    return new Service(await startServer({ environment }), folder)
  }

  /** Options of a connection to it. */
  get reach(): { endpoint: string; accessKeyId: string; accessKeySecret: string } {
    const [accessKeyId = '', accessKeySecret = ''] = this.#server.token.split('.')
    return { endpoint: this.#server.url, accessKeyId, accessKeySecret }
  }

  /** Makes a log store of a new name. */
  async newStore(shardCount = 1): Promise<string> {
    const name = `t-${randomUUID().slice(0, 18)}`
    await this.#call('createLogStore', name, { shardCount })
    return name
  }

  /** Puts logs with the vendor's client, each in a group of its own. */
  async put(store: string, texts: readonly string[]): Promise<void> {
    for (const content of texts) await this.putGroup(store, [{ content }])
  }

  async putGroup(store: string, logs: readonly Record<string, string>[], labels: object = {}): Promise<void> {
    const timestamp = Math.floor(Date.now() / 1_000)
    const group = { logs: logs.map(content => ({ timestamp, content })), ...labels }
    await this.#call('postLogStoreLogs', store, group)
  }

  /** The logs of the last hour as the vendor's client finds them, in the order of their times. */
  async found(store: string): Promise<FoundLog[]> {
    const [from, to] = [Date.now() - 3_600_000, Date.now() + 600_000].map(ms => new Date(ms))
    const found: FoundLog[] = []
    for (;;) {
      const page = (await this.#call('getLogs', store, from, to, {
        offset: found.length,
        line: 100,
      })) as FoundLog[]
      found.push(...page)
      if (page.length < 100) return found
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    await this.#server[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #call(method: string, ...values: readonly unknown[]): Promise<unknown> {
    // Without a project the client leaves the address as it is.
    return await this.#client[method]?.call(this.#client, '', ...values, {
      agent: this.#agent,
      timeout: 20_000,
    })
  }
}
