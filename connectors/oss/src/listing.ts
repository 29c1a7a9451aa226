import { CheckpointWriter, type SourceContext } from '@millrace/spi'
import type { S3Client } from './client.ts'
import { isWanted } from './filter.ts'
import type { Intake } from './intake.ts'
import { Item } from './item.ts'
import { type Notice, noticeOf } from './notice.ts'
import { type ListedObject, listObjects } from './object-list.ts'
import type { OssSourceOptions } from './options.ts'
import { compare, type Place, type Position, Progress } from './position.ts'

const checkpointName = 'listing'

/** Objects that are held at most before they are given out. */
const heldMax = 1_000

/**
 * Looks for objects that came after those that are done. In the order of keys it reads on where it was; in the order of time it
 * reads the whole listing each time, and keeps the oldest of what is new.
 */
export class Listing implements Intake {
  readonly #options: OssSourceOptions
  readonly #context: SourceContext
  readonly #client: S3Client
  readonly #writer: CheckpointWriter
  #held: ListedObject[] = []
  #progress: Progress | undefined
  /** The last object that was held. */
  #seen: Place | undefined

  constructor(options: OssSourceOptions, context: SourceContext, client: S3Client) {
    this.#options = options
    this.#context = context
    this.#client = client
    this.#writer = new CheckpointWriter(context.checkpoints, checkpointName)
  }

  get waiting(): number {
    return this.#held.length
  }

  async next(signal: AbortSignal): Promise<Item> {
    const progress = (this.#progress ??= await this.#restore())
    for (;;) {
      signal.throwIfAborted()
      const object = this.#held.shift()
      if (object === undefined) {
        await this.#look(progress.position, signal)
        if (this.#held.length === 0) await this.#pause(signal)
        continue
      }
      const notice = this.#noticeOf(object)
      if (!isWanted(notice, this.#options)) continue
      const item = this.#itemOf(notice, object, progress.position)
      progress.begin(item, object)
      return item
    }
  }

  async settle(): Promise<void> {
    if (this.#progress?.advance() === true) await this.#writer.save(JSON.stringify(this.#progress.position))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held = []
    await this.#writer.idle()
  }

  async #restore(): Promise<Progress> {
    const kept = await this.#context.checkpoints.load(checkpointName)
    if (kept !== undefined) {
      const position = JSON.parse(kept) as Position
      this.#seen = position.after
      return new Progress(position)
    }
    const { start } = this.#options
    const nowMs = this.#context.clock.nowMs()
    const sinceMs = start === 'earliest' ? 0 : start === 'latest' ? nowMs : Date.parse(start.time)
    // Kept at once: after a restart without a record "from now on" is still the same moment.
    await this.#writer.save(JSON.stringify({ sinceMs } satisfies Position))
    return new Progress({ sinceMs })
  }

  /** Holds what comes next, at most so much of it. */
  async #look({ sinceMs }: Position, signal: AbortSignal): Promise<void> {
    const { order, prefix, settleMs } = this.#options
    const isByKey = order === 'key'
    const seen = this.#seen
    const untilMs = isByKey ? Number.POSITIVE_INFINITY : this.#context.clock.nowMs() - settleMs
    let found: ListedObject[] = []
    let last: ListedObject | undefined
    for await (const page of listObjects(this.#client, prefix, isByKey ? (seen?.key ?? '') : '', signal)) {
      last = page.at(-1)
      found.push(
        ...page.filter(
          object =>
            object.timeMs >= sinceMs &&
            object.timeMs <= untilMs &&
            (seen === undefined || compare(object, seen, order) > 0),
        ),
      )
      if (isByKey && found.length >= heldMax) break
      if (found.length > 2 * heldMax) found = this.#first(found)
    }
    this.#held = this.#first(found)
    // By key, what is not wanted need not be looked at again either; a page is never cut.
    const whole = isByKey && found.length <= heldMax ? last : undefined
    this.#seen = whole ?? this.#held.at(-1) ?? seen
  }

  #first(found: readonly ListedObject[]): ListedObject[] {
    const { order } = this.#options
    return found.toSorted((left, right) => compare(left, right, order)).slice(0, heldMax)
  }

  #itemOf(notice: Notice, { key, eTag }: ListedObject, { part }: Position): Item {
    const isSame = part !== undefined && part.key === key && part.eTag === eTag
    return isSame ? new Item(notice, `"${eTag}"`, part.elements) : new Item(notice)
  }

  #noticeOf({ key, eTag, size, timeMs }: ListedObject): Notice {
    const { bucket = '', region } = this.#options
    // The sum of an upload in parts ends in their count; nothing else in a listing tells how an object came.
    const eventName = /-\d+$/.test(eTag) ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put'
    const nothing = { requestId: '', ruleId: '', sourceAddress: '', principal: '', owner: '', mimeType: '' }
    const sequencer = String(timeMs)
    const facts = { eventName, bucket, key, eTag, size, timeMs, region, sequencer, userMeta: undefined }
    return noticeOf({ ...nothing, ...facts }, this.#context.account)
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timer[Symbol.dispose]()
        reject(signal.reason as Error)
      }
      const timer = this.#context.clock.timer(this.#options.pollMs, () => {
        signal.removeEventListener('abort', abort)
        resolve()
      })
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }
}
