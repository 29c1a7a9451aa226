import { createHash } from 'node:crypto'
import type { Blobs } from '@millrace/spi'
import { checkBlob } from '@millrace/spi'
import type { Durability } from './durability.ts'

/** Names that one `list` returns when no limit is given. */
const listLimitDefault = 1_000

/** The `Blobs` port of the model. */
export class MemoryBlobs implements Blobs {
  readonly #store: Durability

  constructor(store: Durability) {
    this.#store = store
  }

  async put(bytes: Uint8Array): Promise<string> {
    checkBlob(bytes)
    const name = createHash('sha256').update(bytes).digest('hex')
    if (!this.#store.visible.blobs.has(name)) {
      this.#store.write({ kind: 'put-blob', name, bytes: Uint8Array.from(bytes) }, bytes.length)
    }
    await this.#store.flushed()
    return name
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    this.#store.checkOpen()
    const bytes = this.#store.visible.blobs.get(name)
    return bytes === undefined ? undefined : Uint8Array.from(bytes)
  }

  async delete(name: string): Promise<void> {
    this.#store.checkOpen()
    if (this.#store.visible.blobs.has(name)) this.#store.write({ kind: 'delete-blob', name }, 0)
  }

  async list(options: { after?: string; limit?: number } = {}): Promise<string[]> {
    this.#store.checkOpen()
    const { after = '', limit = listLimitDefault } = options
    return [...this.#store.visible.blobs.keys()]
      .filter(name => name > after)
      .sort()
      .slice(0, limit)
  }
}
