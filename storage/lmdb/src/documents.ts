import {
  AppError,
  assert,
  checkDocument,
  type Document,
  type Documents,
  type DocumentWatchers,
} from '@millrace/spi'
import { numberBytes } from './names.ts'
import type { Tables } from './tables.ts'
import type { Participant, Writer } from './writer.ts'

/** Documents that one `list` returns when no limit is given. */
const listLimitDefault = 1_000
/** Above every character of a key. */
const textMax = '\u{10ffff}'

/** The `Documents` port. A value is stored as a double revision, then JSON text. */
export class LmdbDocuments implements Documents, Participant {
  readonly #tables: Tables
  readonly #watchers: DocumentWatchers
  readonly #checkOpen: () => void
  /** Documents as the group under way leaves them, in the order of their last change. */
  readonly #ahead = new Map<string, Document | undefined>()
  /** Changes of the group under way, each of them. */
  #changes: { readonly key: string; readonly document: Document | undefined }[] = []
  #writer: Writer | undefined

  constructor(tables: Tables, watchers: DocumentWatchers, checkOpen: () => void) {
    this.#tables = tables
    this.#watchers = watchers
    this.#checkOpen = checkOpen
  }

  /** Documents take part in the writer's groups, and the writer is made of its participants: so it comes second. */
  attach(writer: Writer): void {
    this.#writer = writer
  }

  async get(key: string): Promise<Document | undefined> {
    this.#checkOpen()
    return this.#read(key)
  }

  async list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<Document[]> {
    this.#checkOpen()
    const { after, limit = listLimitDefault } = options
    const behind = after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0
    const rows = this.#tables.documents.getRange({
      start: behind ? after : prefix,
      exclusiveStart: behind,
      end: prefix + textMax,
      limit,
    })
    return Array.from(rows, ({ key, value }) => decode(key, value))
  }

  async put(key: string, value: unknown, expected?: number): Promise<number> {
    const text = Buffer.from(checkDocument(key, value))
    const document = await this.#submit(text.length, key, expected, current => {
      const revision = (current?.revision ?? 0) + 1
      return { key, revision, value: JSON.parse(text.toString()) as unknown, text }
    })
    return document?.revision ?? 0
  }

  async delete(key: string, expected?: number): Promise<void> {
    await this.#submit(0, key, expected, () => undefined)
  }

  watch(prefix: string, listener: (key: string, document: Document | undefined) => void): Disposable {
    return this.#watchers.add(prefix, listener)
  }

  seal(): void {
    // Documents are staged with their jobs.
  }

  committed(): void {
    const changes = this.#changes
    this.#ahead.clear()
    this.#changes = []
    for (const { key, document } of changes) this.#watchers.notify(key, document)
  }

  reverted(): void {
    this.#ahead.clear()
    this.#changes = []
  }

  #submit(
    bytes: number,
    key: string,
    expected: number | undefined,
    change: (current: Document | undefined) => (Document & { readonly text: Buffer }) | undefined,
  ): Promise<Document | undefined> {
    assert(this.#writer !== undefined, 'documents are attached to their writer')
    return this.#writer.submit({
      bytes,
      needs: bytes > 0 ? 'growth' : 'none',
      stage: batch => {
        const current = this.#ahead.has(key) ? this.#ahead.get(key) : this.#read(key)
        checkRevision(key, current?.revision ?? 0, expected)
        const next = change(current)
        if (next === undefined && current === undefined) return undefined
        if (next === undefined) batch.remove(this.#tables.documents, key)
        else batch.put(this.#tables.documents, key, Buffer.concat([numberBytes(next.revision), next.text]))
        const document = next && { key, value: next.value, revision: next.revision }
        this.#ahead.set(key, document)
        this.#changes.push({ key, document })
        return document
      },
    })
  }

  #read(key: string): Document | undefined {
    const bytes = this.#tables.documents.get(key)
    return bytes === undefined ? undefined : decode(key, bytes)
  }
}

function decode(key: string, bytes: Buffer): Document {
  return { key, value: JSON.parse(bytes.toString('utf8', 8)) as unknown, revision: bytes.readDoubleLE() }
}

function checkRevision(key: string, revision: number, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return
  throw new AppError('storage.conflict', `Document ${key} has revision ${revision}, not ${expected}.`)
}
