import { once } from 'node:events'
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Sale } from './functions/sale.mts'
import type { Systems } from './run.ts'

const bucket = 'example-sales'

/**
 * What stands for Kafka and the bucket where neither is at hand: files in a folder. The bucket takes objects by the S3
 * protocol, as far as it takes to put one, so that the connector is the same as with a real server.
 */
export class EmbeddedSystems implements Systems, AsyncDisposable {
  readonly environment = 'embedded'
  readonly #folder: string
  readonly #server: Server = createServer((request, response) => {
    this.#take(request).then(
      status => response.writeHead(status, { etag: '"0"' }).end(),
      () => response.destroy(),
    )
  })

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async start(folder: string): Promise<EmbeddedSystems> {
    const systems = new EmbeddedSystems(folder)
    systems.#server.listen(0, '127.0.0.1')
    await once(systems.#server, 'listening')
    return systems
  }

  /** What the wiring reads from the environment. */
  get settings(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo
    return { SALES_FOLDER: this.#folder, BUCKET_URL: `http://127.0.0.1:${port}` }
  }

  async write(lines: readonly { readonly line: string }[]): Promise<void> {
    await appendFile(join(this.#folder, 'tills.jsonl'), lines.map(({ line }) => `${line}\n`).join(''))
  }

  async topic(): Promise<Sale[]> {
    const text = await readFile(join(this.#folder, 'sales.jsonl'), 'utf8')
    const lines = text.trimEnd().split('\n')
    return lines.map(line => JSON.parse(line) as Sale)
  }

  async objects(): Promise<{ key: string; bytes: Buffer }[]> {
    const keys = await readdir(join(this.#folder, 'sales'), { recursive: true })
    const objects = keys.filter(key => key.endsWith('.gz')).map(key => `sales/${key}`)
    return await Promise.all(
      objects.map(async key => ({ key, bytes: await readFile(join(this.#folder, key)) })),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage): Promise<number> {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://bucket').pathname)
    if (request.method !== 'PUT' || !path.startsWith(`/${bucket}/sales/`)) return 501
    const file = join(this.#folder, path.slice(bucket.length + 1))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, await buffer(request))
    return 200
  }
}
