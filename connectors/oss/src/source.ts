import {
  AppError,
  retryBackoff,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  untilAborted,
} from '@millrace/spi'
import { S3Client } from './client.ts'
import { type Content, contentsOf } from './content.ts'
import type { Intake } from './intake.ts'
import type { Item } from './item.ts'
import { Listing } from './listing.ts'
import type { OssSourceOptions } from './options.ts'
import { WebhookIntake } from './webhook.ts'

/** Elements of an object that are read ahead of a reader, at most, whichever is reached first. */
const aheadRecordsMax = 1_000
const aheadBytesMax = 4 * 1_048_576

class OssRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly takenAtMs: number
  readonly fault?: AppError
  readonly item: Item
  readonly index: number

  constructor({ id, event, fault }: Content, item: Item) {
    this.id = id
    this.event = event
    this.takenAtMs = item.notice.timeMs
    if (fault !== undefined) this.fault = fault
    this.item = item
    this.index = item.handOut()
  }
}

/** The object whose records come out. */
interface Current {
  readonly item: Item
  readonly contents: AsyncGenerator<Content>
}

/**
 * Makes events of new objects, one after the other: of what is known of them, of their content, or of each of its elements. An object is opened
 * when the records of the one before it are out, and read no further than a reader needs.
 */
export class OssSource implements Source {
  readonly #options: OssSourceOptions
  readonly #context: SourceContext
  readonly #client: S3Client
  readonly #intake: Intake
  readonly #closed = new AbortController()
  readonly #waiting: OssRecord[] = []
  /** Whose records are not all done, or not all out. */
  readonly #open = new Set<Item>()
  #current: Current | undefined
  /** Whose content broke off: it is opened again, behind what came out of it. */
  #broken: Item | undefined
  #filling: Promise<void> | undefined
  #disposal: Promise<void> | undefined

  constructor(options: OssSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    // Without a bucket nothing is ever asked of it: the check of the options sees to that.
    this.#client = new S3Client(options, options.bucket ?? '', context, 'source')
    this.#intake =
      options.mode === 'list'
        ? new Listing(options, context, this.#client)
        : new WebhookIntake(options, context)
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#closed.signal.aborted) throw closed()
      if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
      // One at a time, which outlives a read that is given up: what it brings is for the next one.
      this.#filling ??= this.#fill().finally(() => (this.#filling = undefined))
      await untilAborted(this.#filling, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const items = new Set<Item>()
    for (const record of records) {
      if (!(record instanceof OssRecord)) continue
      record.item.complete(record.index)
      items.add(record.item)
    }
    await this.#settle(items)
  }

  lag(): Promise<SourceLag> {
    const open = [...this.#open].reduce((sum, item) => sum + item.open, 0)
    return Promise.resolve({ records: open + this.#intake.waiting })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#closed.abort(closed())
    this.#waiting.length = 0
    await this.#filling?.catch(() => {})
    await this.#current?.contents.return(undefined).catch(() => {})
    await this.#intake[Symbol.asyncDispose]()
    await this.#client[Symbol.asyncDispose]()
  }

  /** Puts records in reach of a reader: waits for the first one, and adds what is at hand. */
  async #fill(): Promise<void> {
    let bytes = 0
    while (this.#waiting.length < aheadRecordsMax && bytes < aheadBytesMax) {
      if (this.#current === undefined && this.#waiting.length > 0 && this.#intake.waiting === 0) return
      this.#current ??= await this.#begin()
      const record = await this.#nextOf(this.#current)
      if (this.#closed.signal.aborted) throw closed()
      if (record === undefined) continue
      bytes += record.event.length
      this.#waiting.push(record)
    }
  }

  /** `undefined` when all records of the object are out. */
  async #nextOf({ item, contents }: Current): Promise<OssRecord | undefined> {
    try {
      const { done, value } = await contents.next()
      if (done !== true) return new OssRecord(value, item)
      item.exhaust()
      this.#current = undefined
      // One without elements, or whose records were done before its end was seen.
      if (item.isFinished) await this.#settle(new Set([item]))
      return undefined
    } catch (thrown) {
      this.#broken = item
      this.#current = undefined
      throw thrown
    }
  }

  async #begin(): Promise<Current> {
    const item = this.#broken ?? (await this.#intake.next(this.#closed.signal))
    this.#broken = undefined
    this.#open.add(item)
    const { account } = this.#context
    const contents = contentsOf(item, this.#client, this.#options, account, this.#closed.signal)
    return { item, contents }
  }

  async #settle(items: ReadonlySet<Item>): Promise<void> {
    for (const item of items) if (item.isFinished) this.#open.delete(item)
    await this.#intake.settle(items)
  }
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}
