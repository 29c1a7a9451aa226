import { AppError, type Document, type Documents, type DocumentWatchers, checkDocument } from '@millrace/spi'
import type { Durability } from './durability.ts'
import { compareUtf8 } from './queue.ts'
import type { DocumentState } from './state.ts'

/** Documents that one `list` returns when no limit is given. */
const listLimitDefault = 1_000

/** The `Documents` port of the model. */
export class MemoryDocuments implements Documents {
  readonly #store: Durability
  readonly #watchers: DocumentWatchers

  constructor(store: Durability, watchers: DocumentWatchers) {
    this.#store = store
    this.#watchers = watchers
  }

  async get(key: string): Promise<Document | undefined> {
    this.#store.checkOpen()
    return toDocument(key, this.#store.visible.documents.get(key))
  }

  async list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<Document[]> {
    this.#store.checkOpen()
    const keys = [...this.#store.visible.documents.keys()]
      .filter(key => key.startsWith(prefix))
      .sort(compareUtf8)
    const { after, limit = listLimitDefault } = options
    return keys
      .filter(key => after === undefined || compareUtf8(key, after) > 0)
      .slice(0, limit)
      .flatMap(key => toDocument(key, this.#store.visible.documents.get(key)) ?? [])
  }

  async put(key: string, value: unknown, expected?: number): Promise<number> {
    const text = checkDocument(key, value)
    const current = this.#expect(key, expected)
    this.#store.write({ kind: 'put-document', key, text }, text.length - (current?.text.length ?? 0))
    this.#watchers.notify(key, toDocument(key, this.#store.visible.documents.get(key)))
    await this.#store.flushed()
    return (current?.revision ?? 0) + 1
  }

  async delete(key: string, expected?: number): Promise<void> {
    const current = this.#expect(key, expected)
    if (current === undefined) return
    this.#store.write({ kind: 'delete-document', key }, 0)
    this.#watchers.notify(key, undefined)
    await this.#store.flushed()
  }

  watch(prefix: string, listener: (key: string, document: Document | undefined) => void): Disposable {
    return this.#watchers.add(prefix, listener)
  }

  #expect(key: string, expected: number | undefined): DocumentState | undefined {
    this.#store.checkOpen()
    const current = this.#store.visible.documents.get(key)
    const revision = current?.revision ?? 0
    if (expected !== undefined && expected !== revision) {
      throw new AppError('storage.conflict', `Document ${key} has revision ${revision}, not ${expected}.`)
    }
    return current
  }
}

function toDocument(key: string, state: DocumentState | undefined): Document | undefined {
  return state === undefined ? undefined : { key, value: JSON.parse(state.text), revision: state.revision }
}
