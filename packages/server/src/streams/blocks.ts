import type { Documents } from '@millrace/spi'
import type { StreamReason } from './status.ts'

/** Why streams are blocked, as documents: a restart must not let a stream go on that waits for a person. */
export class Blocks {
  readonly #documents: Documents

  constructor(documents: Documents) {
    this.#documents = documents
  }

  /** All blocks, by the key of the stream. */
  async load(): Promise<Map<string, StreamReason>> {
    const blocks = new Map<string, StreamReason>()
    for (let after = prefix; ; ) {
      const page = await this.#documents.list(prefix, { after, limit: pageMax })
      for (const { key, value } of page) blocks.set(key.slice(prefix.length), value as StreamReason)
      const last = page.at(-1)
      if (last === undefined || page.length < pageMax) return blocks
      after = last.key
    }
  }

  /** Tells of every change, whoever made it. */
  watch(onChange: (stream: string, reason: StreamReason | undefined) => void): Disposable {
    return this.#documents.watch(prefix, (key, document) =>
      onChange(key.slice(prefix.length), document?.value as StreamReason | undefined),
    )
  }

  /** Resolves once it is durable. */
  async set(stream: string, reason: StreamReason): Promise<void> {
    await this.#documents.put(prefix + stream, reason)
  }

  async clear(stream: string): Promise<void> {
    await this.#documents.delete(prefix + stream)
  }
}

const prefix = 'stream-block/'
const pageMax = 1_000
