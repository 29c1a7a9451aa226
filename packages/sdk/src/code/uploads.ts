import { stat } from 'node:fs/promises'
import type { Client } from '../index.ts'
import { packCode } from './pack.ts'
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
    const fingerprint = await this.fingerprint(path)
    const known = this.#sent.get(path)
    if (known?.fingerprint === fingerprint) return known.code
    const { code } = await this.#client.uploadZip((await packCode(path)).zip)
    this.#sent.set(path, { fingerprint, code })
    return code
  }

  /** Tells whether code has changed, by the sizes and times of its files. */
  async fingerprint(path: string): Promise<string> {
    if (path.endsWith('.zip')) {
      const { size, mtimeMs } = await stat(path)
      return `${size} ${mtimeMs}`
    }
    const files = await listCode(path)
    return JSON.stringify(
      files.map(file => [file.path, file.bytes, file.changedAtMs, file.isExecutable, file.link]),
    )
  }

  /** The server does not have it any more. */
  forget(path: string): void {
    this.#sent.delete(path)
  }
}
