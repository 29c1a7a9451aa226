import {
  addressGuard,
  AppError,
  type ConnectorContext,
  failed,
  MinuteRate,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  retryNever,
  type Sink,
  untilAborted,
} from '@millrace/spi'
import type { Agent, Dispatcher } from 'undici'
import { openConnections } from './connections.ts'
import { answerError, connectionError } from './errors.ts'
import { messageOf } from './message.ts'
import type { ChatSinkOptions } from './options.ts'
import { type ChatRequest, type ChatService, services } from './services/index.ts'

/** Of an answer no more is read. */
const answerBytesMax = 8_192

/** Sends each record as one message of a robot. The code in the answer decides, not its status. */
export class ChatSink implements Sink {
  readonly #options: ChatSinkOptions
  readonly #context: ConnectorContext
  readonly #service: ChatService
  readonly #url: URL
  /** For messages; the rest of the address is a secret. */
  readonly #place: string
  readonly #rate: MinuteRate
  readonly #writes: OpenWrites
  #agent: Promise<Agent> | undefined

  constructor(options: ChatSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#service = services[options.service]
    this.#url = new URL(options.url)
    this.#place = `${this.#service.title} (${this.#url.host})`
    this.#rate = new MinuteRate(options.ratePerMinute ?? this.#service.ratePerMinute)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      Promise.all(records.map(record => this.#deliver(record, signal))),
    )
  }

  async #deliver(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const message = messageOf(record, this.#service)
      const { secret } = this.#options
      const request = this.#service.request({ url: this.#url, secret }, message, this.#context.clock.nowMs())
      this.#checkSize(request)
      const waitMs = this.#rate.take(this.#context.clock.nowMs())
      if (waitMs > 0) throw this.#tooEarly(waitMs)
      return await this.#send(request, signal)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return failed(connectionError(thrown, this.#place))
    }
  }

  async #send({ url, body }: ChatRequest, signal: AbortSignal): Promise<Outcome> {
    const agent = await this.#open()
    const sent = agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body,
      signal,
    })
    // A request that waits for a connection hears of its signal only when its turn comes; then it is dropped unsent.
    const answer = await untilAborted(sent, signal)
    const retryAfter = answer.headers['retry-after']
    const verdict = this.#service.judge({
      status: answer.statusCode,
      body: await beginningOf(answer.body),
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    })
    return verdict.kind === 'ok' ? ok : failed(answerError(verdict, this.#place))
  }

  #open(): Promise<Agent> {
    this.#agent ??= openConnections(this.#options, addressGuard(this.#context.allowPrivateTargets))
    return this.#agent
  }

  #checkSize({ body }: ChatRequest): void {
    const seen = Buffer.byteLength(body)
    const limit = this.#service.bytesMax
    if (seen <= limit) return
    throw new AppError(
      'sink.rejected',
      `the message has ${seen} bytes; ${this.#service.title} takes ${limit} at most`,
      retryNever,
      { details: { limit, seen } },
    )
  }

  /** Nothing has failed: the record comes again when there is room, and no attempt is counted. */
  #tooEarly(delayMs: number): AppError {
    const limit = this.#options.ratePerMinute ?? this.#service.ratePerMinute
    return new AppError(
      'sink.throttled',
      `${this.#place} is sent ${limit} messages a minute at most; the message waits`,
      { kind: 'uncounted', delayMs },
      { details: { limit } },
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close(async () => await (await this.#agent)?.destroy())
  }
}

/** What an answer begins with; its end does not matter. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= answerBytesMax) break
  }
  return Buffer.concat(chunks).subarray(0, answerBytesMax).toString()
}
