import {
  AppError,
  type DoorAnswer,
  type DoorRequest,
  retryBackoff,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  toAppError,
} from '@millrace/spi'
import { refusal, WebhookGuard } from './guard.ts'
import type { WebhookSourceOptions } from './options.ts'
import { deliveryId, requestEvent } from './request-event.ts'

/** A request that waits for its answer. */
class WebhookRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly takenAtMs: number
  readonly #resolve: (answer: DoorAnswer) => void

  constructor(id: string, event: Uint8Array, takenAtMs: number, resolve: (answer: DoorAnswer) => void) {
    this.id = id
    this.event = event
    this.takenAtMs = takenAtMs
    this.#resolve = resolve
  }

  /** The first answer counts. */
  answer(answer: DoorAnswer): void {
    this.#resolve(answer)
  }
}

/**
 * Takes requests at the stream's address. A request is answered when its record is done, and so a sender that repeats what was
 * not answered 200 loses nothing, whatever happens here in between.
 */
export class WebhookSource implements Source {
  readonly #options: WebhookSourceOptions
  readonly #context: SourceContext
  readonly #guard: WebhookGuard
  readonly #waiting: WebhookRecord[] = []
  /** Read or not, without an answer. */
  readonly #open = new Set<WebhookRecord>()
  readonly #closed = new AbortController()
  #door: Disposable | undefined
  #wake: (() => void) | undefined

  constructor(options: WebhookSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#guard = new WebhookGuard(options)
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    if (this.#closed.signal.aborted) throw closed()
    const { bodyBytesMax } = this.#options
    this.#door ??= this.#context.door.open((request, gone) => this.#take(request, gone), { bodyBytesMax })
    const ended = AbortSignal.any([signal, this.#closed.signal])
    while (this.#waiting.length === 0) await this.#nextRequest(ended)
    return takeRecords(this.#waiting, limits)
  }

  commit(records: readonly SourceRecord[]): Promise<void> {
    for (const record of records) {
      if (record instanceof WebhookRecord) record.answer(accepted(record.id))
    }
    return Promise.resolve()
  }

  lag(): Promise<SourceLag> {
    const [oldest] = this.#open
    const records = this.#open.size
    if (oldest === undefined) return Promise.resolve({ records })
    return Promise.resolve({ records, ageMs: this.#context.clock.nowMs() - oldest.takenAtMs })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#door?.[Symbol.dispose]()
    this.#closed.abort(closed())
    for (const record of this.#open) record.answer(busy('the stream stops'))
    this.#waiting.length = 0
    return Promise.resolve()
  }

  async #take(request: DoorRequest, gone: AbortSignal): Promise<DoorAnswer> {
    const nowMs = this.#context.clock.nowMs()
    const refused = this.#guard.judge(request, nowMs)
    if (refused !== undefined) return refused
    const { waitingMax, answerTimeoutMs } = this.#options
    if (this.#open.size >= waitingMax) return busy(`${waitingMax} requests wait already`)
    const id = deliveryId(request, () => this.#context.random.id())
    let event: Uint8Array
    try {
      event = requestEvent(request, id, nowMs, this.#context)
    } catch (thrown) {
      return refusal(400, toAppError(thrown).message)
    }
    const { promise, resolve } = Promise.withResolvers<DoorAnswer>()
    const record = new WebhookRecord(id, event, nowMs, resolve)
    const leave = (): void => resolve(refusal(504, 'the caller went away'))
    gone.addEventListener('abort', leave, { once: true })
    using _timer = this.#context.clock.timer(answerTimeoutMs, () =>
      resolve(refusal(504, `the record was not written within ${answerTimeoutMs} ms`)),
    )
    this.#open.add(record)
    this.#waiting.push(record)
    this.#wake?.()
    try {
      return await promise
    } finally {
      gone.removeEventListener('abort', leave)
      this.#open.delete(record)
    }
  }

  #nextRequest(ended: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(ended.reason as Error)
      if (ended.aborted) return abort()
      ended.addEventListener('abort', abort, { once: true })
      this.#wake = () => {
        ended.removeEventListener('abort', abort)
        resolve()
      }
    })
  }
}

function accepted(id: string): DoorAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id }) }
}

function busy(detail: string): DoorAnswer {
  const answer = refusal(503, detail)
  return { ...answer, headers: { ...answer.headers, 'retry-after': '1' } }
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}
