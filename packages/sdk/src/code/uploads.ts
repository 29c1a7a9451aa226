import { stat } from 'node:fs/promises'
import type { Client } from '../index.ts'
import { packCode, packFiles } from './pack.ts'
import { listCode } from './read.ts'

interface Sent {
  readonly fingerprint: string
  readonly code: string
}

/**
 * Sends code to one server and remembers what it sent: code whose files have the same sizes and times as before is
 * neither read nor sent again, so that a large `node_modules` costs a look at its folders only.
 */
export class CodeUploads {
  readonly #client: Client
  readonly #sent = new Map<string, Sent>()

  constructor(client: Client) {
    this.#client = client
  }

  /** Resolves with the name of the package. */
  async upload(path: string): Promise<string> {
    if (path.endsWith('.zip')) {
      const { size, mtimeMs } = await stat(path)
      return await this.#send(path, `${size} ${mtimeMs}`, async () => (await packCode(path)).zip)
    }
    const files = await listCode(path)
    const fingerprint = JSON.stringify(
      files.map(file => [file.path, file.bytes, file.changedAtMs, file.isExecutable, file.link]),
    )
    return await this.#send(path, fingerprint, async () => (await packFiles(files)).zip)
  }

  /** The server does not have it any more. */
  forget(path: string): void {
    this.#sent.delete(path)
  }

  async #send(path: string, fingerprint: string, pack: () => Promise<Uint8Array>): Promise<string> {
    const known = this.#sent.get(path)
    if (known?.fingerprint === fingerprint) return known.code
    const { code } = await this.#client.uploadZip(await pack())
    this.#sent.set(path, { fingerprint, code })
    return code
  }
}
