import type { SourceContext } from '@millrace/spi'
import type { MnsClient } from './client.ts'
import type { MnsRecord } from './message.ts'
import type { MnsSourceOptions } from './options.ts'
import { childText } from './xml.ts'

/** How often the held messages are looked at. */
const lookEveryMs = 1_000

/** Requests under way at once. */
const requestsMax = 8

/** A message is prolonged when less than this part of the time is left, so that a slow answer is no loss. */
const reserve = 0.5

/** Keeps received messages from other readers until they are let go. */
export class Keeper {
  readonly #client: MnsClient
  readonly #options: MnsSourceOptions
  readonly #context: SourceContext
  readonly #held = new Set<MnsRecord>()
  #timer: Disposable | undefined
  #isReleased = false

  constructor(client: MnsClient, options: MnsSourceOptions, context: SourceContext) {
    this.#client = client
    this.#options = options
    this.#context = context
  }

  hold(record: MnsRecord): void {
    this.#held.add(record)
    this.#schedule()
  }

  letGo(record: MnsRecord): void {
    this.#held.delete(record)
    if (this.#held.size > 0) return
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  /** Shows what is still held to other readers again, soon: a second is the shortest time that the service knows. */
  async release(signal: AbortSignal): Promise<void> {
    this.#isReleased = true
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    await this.#each([...this.#held], record => this.#change(record, 1, signal))
    this.#held.clear()
  }

  #schedule(): void {
    if (this.#isReleased || this.#held.size === 0) return
    this.#timer ??= this.#context.clock.timer(lookEveryMs, () => {
      this.#timer = undefined
      void this.#prolong().then(() => this.#schedule())
    })
  }

  async #prolong(): Promise<void> {
    const nowMs = this.#context.clock.nowMs()
    const { visibilitySeconds } = this.#options
    const leastMs = visibilitySeconds * 1_000 * reserve
    const due = [...this.#held].filter(({ heldUntilMs, isLost }) => !isLost && heldUntilMs - nowMs < leastMs)
    const signal = AbortSignal.any([])
    await this.#each(due, async record => {
      record.prolonging = this.#change(record, visibilitySeconds, signal)
      await record.prolonging
      record.prolonging = undefined
    })
  }

  /** Never rejects: what could not be prolonged shows when the message is deleted. */
  async #change(record: MnsRecord, seconds: number, signal: AbortSignal): Promise<void> {
    const handle = encodeURIComponent(record.handle)
    const target = `/queues/${this.#options.queue}/messages?receiptHandle=${handle}&visibilityTimeout=${seconds}`
    try {
      const { root } = await this.#client.request('PUT', target, {}, signal)
      const next = root?.name === 'ChangeVisibility' ? childText(root, 'ReceiptHandle') : undefined
      if (next === undefined) {
        if (root?.name === 'Error') record.isLost = isGone(childText(root, 'Code'))
        return
      }
      record.handle = next
      record.heldUntilMs = this.#context.clock.nowMs() + seconds * 1_000
    } catch (error) {
      this.#context.log.warn('a message could not be kept from other readers', {
        stream: this.#context.name,
        error,
      })
    }
  }

  async #each(records: MnsRecord[], work: (record: MnsRecord) => Promise<void>): Promise<void> {
    const next = records.values()
    const worker = async (): Promise<void> => {
      for (const record of next) await work(record)
    }
    await Promise.all(Array.from({ length: Math.min(requestsMax, records.length) }, worker))
  }
}

function isGone(code: string | undefined): boolean {
  return code === 'ReceiptHandleError' || code === 'MessageNotExist'
}
