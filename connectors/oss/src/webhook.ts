import { timingSafeEqual } from 'node:crypto'
import { type DoorAnswer, type DoorRequest, type SourceContext, toAppError } from '@millrace/spi'
import { isWanted } from './filter.ts'
import type { Intake } from './intake.ts'
import { Item } from './item.ts'
import { noticesOf } from './notification.ts'
import type { OssSourceOptions } from './options.ts'

/** A notification that waits for its answer, with the objects of it that are not done. */
interface Notification {
  readonly items: Set<Item>
  readonly answer: (answer: DoorAnswer) => void
}

/**
 * Takes notifications at the stream's address. One is answered when all records of its objects are done; a server that repeats
 * what was not answered 200 loses nothing, whatever happens here in between.
 */
export class WebhookIntake implements Intake {
  readonly #options: OssSourceOptions
  readonly #context: SourceContext
  readonly #queue: Item[] = []
  readonly #notifications = new Map<Item, Notification>()
  #door: Disposable | undefined
  #wake: (() => void) | undefined

  constructor(options: OssSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
  }

  get waiting(): number {
    return this.#queue.length
  }

  async next(signal: AbortSignal): Promise<Item> {
    signal.throwIfAborted()
    const { bodyBytesMax } = this.#options
    this.#door ??= this.#context.door.open((request, gone) => this.#take(request, gone), { bodyBytesMax })
    for (;;) {
      const item = this.#queue.shift()
      if (item !== undefined) return item
      await this.#nextNotification(signal)
    }
  }

  settle(items: ReadonlySet<Item>): Promise<void> {
    for (const item of items) {
      const notification = item.isFinished ? this.#notifications.get(item) : undefined
      if (notification === undefined) continue
      this.#notifications.delete(item)
      notification.items.delete(item)
      if (notification.items.size === 0) notification.answer(taken)
    }
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#door?.[Symbol.dispose]()
    for (const { answer } of this.#notifications.values()) answer(busy('the stream stops'))
    this.#queue.length = 0
    return Promise.resolve()
  }

  async #take(request: DoorRequest, gone: AbortSignal): Promise<DoorAnswer> {
    if (!this.#isTokenRight(request)) return refusal(401, 'the token is missing or wrong')
    // Servers look whether anybody is there before they save an address.
    if (request.method === 'HEAD' || request.method === 'GET' || request.body.length === 0) return taken
    const { region, keysEscaped } = this.#options
    let items: Set<Item>
    try {
      const { account, clock } = this.#context
      const context = { account, region, keysEscaped, nowMs: clock.nowMs() }
      const notices = noticesOf(request.body, context).filter(notice => isWanted(notice, this.#options))
      items = new Set(notices.map(notice => new Item(notice)))
    } catch (thrown) {
      return refusal(400, toAppError(thrown).message)
    }
    if (items.size === 0) return taken
    const { waitingMax } = this.#options
    // A notification with more objects than may ever wait is taken when it is alone.
    if (this.#notifications.size > 0 && this.#notifications.size + items.size > waitingMax) {
      return busy(`${this.#notifications.size} objects wait already`)
    }
    return await this.#answered(items, gone)
  }

  async #answered(items: Set<Item>, gone: AbortSignal): Promise<DoorAnswer> {
    const { answerTimeoutMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<DoorAnswer>()
    const notification = { items, answer: resolve }
    const leave = (): void => resolve(refusal(504, 'the caller went away'))
    gone.addEventListener('abort', leave, { once: true })
    using _timer = this.#context.clock.timer(answerTimeoutMs, () =>
      resolve(refusal(504, `the records were not written within ${answerTimeoutMs} ms`)),
    )
    for (const item of items) this.#notifications.set(item, notification)
    this.#queue.push(...items)
    this.#wake?.()
    try {
      return await promise
    } finally {
      gone.removeEventListener('abort', leave)
      this.#forget(items)
    }
  }

  /** Nobody waits for these any more: those that were not begun come again with the notification. */
  #forget(items: ReadonlySet<Item>): void {
    for (const item of items) {
      this.#notifications.delete(item)
      const place = this.#queue.indexOf(item)
      if (place !== -1) this.#queue.splice(place, 1)
    }
  }

  #isTokenRight({ target, headers }: DoorRequest): boolean {
    const { token } = this.#options
    if (token === undefined) return true
    const start = target.indexOf('?')
    const inQuery = new URLSearchParams(start === -1 ? '' : target.slice(start)).get('token')
    const inHeader = headers['authorization']?.replace(/^Bearer +/i, '')
    const expected = Buffer.from(token)
    return [inQuery, inHeader].some(text => {
      const given = Buffer.from(text ?? '')
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
  }

  #nextNotification(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error)
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      this.#wake = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
    })
  }
}

/** The event source of the compatible protocol reads it as JSON. */
const taken: DoorAnswer = { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }

function busy(detail: string): DoorAnswer {
  const answer = refusal(503, detail)
  return { ...answer, headers: { ...answer.headers, 'retry-after': '1' } }
}

/** An answer in the words that all errors of the server have. */
function refusal(status: number, detail: string): DoorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ status, code: 'hook.refused', detail }),
  }
}
