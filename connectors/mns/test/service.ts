import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '@millrace/server'

/** A service with queues and topics: the program's own, over HTTP. */
export class Service implements AsyncDisposable {
  readonly #server: RunningServer
  readonly #folder: string

  private constructor(server: RunningServer, folder: string) {
    this.#server = server
    this.#folder = folder
  }

  static async start(): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), 'mns-service-'))
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
