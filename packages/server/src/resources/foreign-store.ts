import { AppError, type Document, retryNever } from '@millrace/spi'
import { type Control, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import { busKey } from './names.ts'
import type { QuotaFace, QuotaName } from './quota.ts'
import { documentKey, loadRecords } from './records.ts'

/** Longest name of a foreign document, in characters. */
export const foreignNameLengthMax = 256
/** Largest foreign document as JSON, in bytes. */
export const foreignBytesMax = 262_144

/** First word of the keys of foreign documents. */
const foreignKind = 'foreign'

/** What a compatible interface keeps of its own, such as a service that only it knows. */
export interface ForeignDocument {
  readonly name: string
  readonly value: Readonly<Record<string, unknown>>
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface ForeignPage {
  /** Beginning of the names. */
  readonly prefix?: string | undefined
  /** Names greater than this one. */
  readonly after?: string | undefined
  /** 100 unless told, 1,000 at most. */
  readonly limit?: number | undefined
}

interface StoredDocument extends Omit<ForeignDocument, 'name' | 'value'> {
  readonly sealed: string
}

/**
 * Documents that only a compatible interface knows, by interface, kind, account and name. The engine never reads them.
 * Their content is sealed at rest, since an interface is told whatever its clients see fit; count and size are bounded.
 */
export class ForeignStore {
  private readonly control: Control
  /** Documents of each account. */
  private readonly counts = new Map<string, number>()

  constructor(control: Control) {
    this.control = control
  }

  /** Counts what is there. To be called once, before anything else. */
  async load(): Promise<void> {
    for await (const { name } of loadRecords(this.control.host.documents, foreignKind)) {
      const [, account = ''] = name.split('/')
      this.count(account, 1)
    }
  }

  /** The documents of one kind of one interface; both are lower-case words with hyphens. */
  of(face: string, kind: string): ForeignDocuments {
    return new ForeignDocuments(this.control, this, `${face}/${kind}`)
  }

  /** Documents of an account, of all interfaces and kinds. */
  countOf(account: string): number {
    return this.counts.get(account) ?? 0
  }

  count(account: string, change: number): void {
    this.counts.set(account, this.countOf(account) + change)
  }
}

/** The quota that all documents of a kind count for, besides the one of all kinds. */
export interface ForeignPart {
  readonly quota: QuotaName
  readonly face: QuotaFace
}

/** The documents of one kind, over all accounts. */
export class ForeignDocuments {
  private readonly control: Control
  private readonly store: ForeignStore
  private readonly kind: string

  constructor(control: Control, store: ForeignStore, kind: string) {
    this.control = control
    this.store = store
    this.kind = kind
  }

  async find(account: string, name: string): Promise<ForeignDocument | undefined> {
    const found = await this.control.host.documents.get(this.key(account, name))
    return found === undefined ? undefined : this.opened(found)
  }

  /** Throws `resource.not-found`. */
  async get(account: string, name: string): Promise<ForeignDocument> {
    const found = await this.find(account, name)
    if (found === undefined) throw notFound(this.kind, name)
    return found
  }

  /**
   * Creates or replaces; durable when it resolves. Rejects with `resource.conflict` when another revision is there than
   * the expected one (0: none), `resource.limit-exceeded`, and `resource.name-invalid`.
   */
  put(
    account: string,
    name: string,
    value: object,
    expected?: number,
    part?: ForeignPart,
  ): Promise<ForeignDocument> {
    return this.control.exclusive(async () => {
      const { host } = this.control
      checkForeignName(name)
      const text = JSON.stringify(value)
      checkBytes(this.kind, name, Buffer.byteLength(text))
      const before = await this.find(account, name)
      checkRevision(this.kind, name, before?.revision ?? 0, expected)
      const nowMs = host.clock.nowMs()
      if (before === undefined) await this.checkRoom(account, part)
      const stored: StoredDocument = {
        sealed: host.secrets.seal(text),
        revision: (before?.revision ?? 0) + 1,
        createdAtMs: before?.createdAtMs ?? nowMs,
        updatedAtMs: nowMs,
      }
      await host.documents.put(this.key(account, name), stored)
      if (before === undefined) this.store.count(account, 1)
      const { revision, createdAtMs, updatedAtMs } = stored
      return { name, value: JSON.parse(text) as ForeignDocument['value'], revision, createdAtMs, updatedAtMs }
    })
  }

  /** One page in order of the names, and the name to go on after when there are more. */
  async list(
    account: string,
    { prefix = '', after, limit = 100 }: ForeignPage = {},
  ): Promise<{ items: ForeignDocument[]; next: string | undefined }> {
    const count = Math.min(Math.max(1, limit), 1_000)
    const found = await this.control.host.documents.list(this.key(account, prefix), {
      limit: count + 1,
      ...(after === undefined ? {} : { after: this.key(account, after) }),
    })
    const items = found.slice(0, count).map(document => this.opened(document))
    return { items, next: found.length > count ? items.at(-1)?.name : undefined }
  }

  /** Resolves with whether there was one. */
  delete(account: string, name: string): Promise<boolean> {
    return this.control.exclusive(async () => {
      const key = this.key(account, name)
      const { documents } = this.control.host
      if ((await documents.get(key)) === undefined) return false
      await documents.delete(key)
      this.store.count(account, -1)
      return true
    })
  }

  private async checkRoom(account: string, part: ForeignPart | undefined): Promise<void> {
    this.control.checkQuota('foreign-documents', account, this.store.countOf(account))
    if (part === undefined) return
    const keys = this.key(account, '')
    let seen = 0
    for (let after: string | undefined; ; ) {
      const page = await this.control.host.documents.list(keys, {
        limit: 1_000,
        ...(after === undefined ? {} : { after }),
      })
      seen += page.length
      after = page.at(-1)?.key
      if (page.length < 1_000) break
    }
    this.control.checkQuota(part.quota, account, seen, part.face)
  }

  /** Interface and kind stand before the account, and no name can leave its place: what is not plain is escaped. */
  private key(account: string, name: string): string {
    return documentKey(foreignKind, this.kind, busKey(account, encodeURIComponent(name)))
  }

  private opened({ key, value }: Document): ForeignDocument {
    const { sealed, ...stored } = value as StoredDocument
    const name = decodeURIComponent(key.slice(key.lastIndexOf('/') + 1))
    return { ...stored, name, value: JSON.parse(this.control.host.secrets.open(sealed)) as object } as never
  }
}

/** Keys of documents have 500 bytes; three for each character that is escaped would not fit, so few kinds are allowed. */
function checkForeignName(name: string): void {
  const escaped = encodeURIComponent(name).length
  if (name !== '' && name.length <= foreignNameLengthMax && escaped <= foreignNameLengthMax + 64) return
  throw new AppError(
    'resource.name-invalid',
    `a name has 1 to ${foreignNameLengthMax} characters, this one ${name.length}`,
    retryNever,
    { details: { limit: foreignNameLengthMax, seen: name.length } },
  )
}

function checkBytes(kind: string, name: string, seen: number): void {
  if (seen <= foreignBytesMax) return
  throw new AppError(
    'resource.limit-exceeded',
    `${kind} ${name} has ${seen} bytes; the limit is ${foreignBytesMax}`,
    retryNever,
    { details: { limit: foreignBytesMax, seen } },
  )
}
