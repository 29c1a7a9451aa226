import {
  AppError,
  retryBackoff,
  retryNever,
  type Source,
  type SourceContext,
  type SourceReadLimits,
  type SourceRecord,
  sleep,
} from '@millrace/spi'
import { accessOf } from './access.ts'
import { Backoff, ChildHost, ChildMissing } from './child/index.ts'
import { clientProgram } from './client/index.ts'
import type {
  AcknowledgeResult,
  HideResult,
  ReceiveAnswer,
  ReceiveCall,
  ReceivedMessage,
  StartCall,
} from './client/index.ts'
import { closedError, faultError, rocketmqError } from './errors.ts'
import { type Held, Holding } from './holding.ts'
import { hostLimits } from './limits.ts'
import { type MessageOrigin, messageEvent } from './message-event.ts'
import type { RocketmqSourceOptions } from './options.ts'
import { Shelf } from './shelf.ts'

/** Brokers that are asked side by side. */
const brokersMax = 64
/** Pauses between requests that failed, in milliseconds. */
const pauseMs = 200
const pauseMsMax = 10_000
/** After so many failures in a row a client counts as stuck, and another one is started. */
const failuresMax = 5
/** For so long a topic that was there may be missing, in milliseconds. */
const settlingMs = 300_000
/** Giving back may take so long when the source is disposed, in milliseconds. */
const giveBackTimeoutMs = 5_000

/**
 * Reads messages as a simple consumer does: received ones are invisible to others, and each is acknowledged for itself. What is
 * held, and its receipts, are here and not in the client process, so that records outlive a client that fails.
 */
export class RocketmqSource implements Source {
  readonly #options: RocketmqSourceOptions
  readonly #context: SourceContext
  readonly #host: ChildHost
  readonly #holding: Holding
  readonly #origin: MessageOrigin
  readonly #shelf = new Shelf<Held>()
  readonly #backoff: Backoff
  /** Brokers that are being asked, each with its request. */
  readonly #requests = new Map<number, Promise<void>>()
  /** Aborts when the source closes: nothing waits then. */
  readonly #closing = new AbortController()
  /** Aborts when no request may bring anything any more. */
  readonly #receiving = new AbortController()
  /** Aborts when giving back takes too long. */
  readonly #cut = new AbortController()
  #brokers = 1
  #failure: AppError | undefined
  #notBeforeMs = 0
  #answeredAtMs = Number.NEGATIVE_INFINITY
  #onNews: (() => void) | undefined
  #disposal: Promise<void> | undefined

  constructor(options: RocketmqSourceOptions, context: SourceContext, program = clientProgram) {
    this.#options = options
    this.#context = context
    this.#backoff = new Backoff(context.random, pauseMs, pauseMsMax)
    this.#host = new ChildHost({ module: program, start: attempt => this.#start(attempt) }, context, {
      ...hostLimits,
      startTimeoutMs: options.connectTimeoutMs,
    })
    this.#holding = new Holding(context.clock, options.invisibleMs, {
      acknowledge: receipts => this.#call<AcknowledgeResult[]>('acknowledge', { receipts }),
      hide: (receipts, invisibleMs) => this.#call<HideResult[]>('hide', { receipts, invisibleMs }),
      isLost: fault => faultError(fault, 'source', '').code === 'source.lost',
      released: held => {
        this.#shelf.release(held)
        this.#onNews?.()
      },
    })
    this.#origin = {
      account: context.account,
      region: context.region,
      instance: context.instance,
      stream: context.name,
      topic: options.topic,
      bodyForm: options.bodyForm,
      bodyBytesMax: options.recordBytesMax,
    }
  }

  /** Number of the client process, while there is one. */
  get clientPid(): number | undefined {
    return this.#host.pid
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#closing.signal.aborted) throw closedError('source')
      const taken = this.#shelf.take(limits)
      if (taken.length > 0) return taken.map(({ record }) => record)
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure
      this.#request()
      await this.#news(signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const results = await this.#holding.acknowledge(records)
    const lost = results.filter(result => result === 'lost').length
    if (lost > 0) {
      const text = `${lost} of ${records.length} messages were invisible for too long and have another reader now.`
      throw new AppError('source.lost', text, retryNever, { details: { lost } })
    }
    for (const result of results) {
      if (result === undefined || result === 'lost') continue
      throw result instanceof Error
        ? rocketmqError(result, 'source', this.#proxy)
        : faultError(result, 'source', this.#proxy)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  /** Asks each broker that is not being asked, while there is room. */
  #request(): void {
    const { heldMax } = this.#options
    for (let broker = 0; broker < this.#brokers; broker++) {
      if (this.#requests.has(broker) || this.#holding.size >= heldMax) continue
      const request = this.#receive(broker).finally(() => {
        this.#requests.delete(broker)
        this.#onNews?.()
      })
      this.#requests.set(broker, request)
    }
  }

  /** Never rejects: a failure is kept for the read that comes next. */
  async #receive(broker: number): Promise<void> {
    const { prefetchMax: recordsMax, invisibleMs, recordBytesMax: bodyBytesMax } = this.#options
    const call: ReceiveCall = { broker, recordsMax, invisibleMs, bodyBytesMax }
    try {
      await this.#pause()
      const signal = this.#receiving.signal
      const answer = (await this.#host.call('receive', call, signal)) as ReceiveAnswer
      this.#backoff.reset()
      this.#answeredAtMs = this.#context.clock.nowMs()
      this.#brokers = Math.min(brokersMax, Math.max(1, answer.brokers))
      for (const message of answer.messages) this.#take(message)
    } catch (thrown) {
      if (this.#closing.signal.aborted) return
      const { clock } = this.#context
      if (thrown instanceof ChildMissing && thrown.why === 'pausing') {
        this.#notBeforeMs = clock.nowMs() + (thrown.delayMs ?? 0)
        return
      }
      // A start that failed has a pause of its own; both together would be too much.
      if (this.#host.isReady) this.#notBeforeMs = clock.nowMs() + this.#backoff.next()
      if (this.#host.isReady && this.#backoff.failures % failuresMax === 0) this.#host.restart()
      this.#failure = this.#settled(rocketmqError(thrown, 'source', this.#proxy))
    }
  }

  /**
   * A broker that restarts is unknown to its name server for a while, and a proxy then says that the topic is not there. Of a
   * topic that was there a moment ago this is not the last word.
   */
  #settled(error: AppError): AppError {
    const sinceMs = this.#context.clock.nowMs() - this.#answeredAtMs
    if (error.code !== 'source.not-found' || sinceMs > settlingMs) return error
    const text = `${error.message} It did ${Math.ceil(sinceMs / 1_000)} s ago; its broker may be restarting.`
    return new AppError('source.unavailable', text, retryBackoff, { cause: error })
  }

  async #pause(): Promise<void> {
    const { clock } = this.#context
    const delayMs = this.#notBeforeMs - clock.nowMs()
    if (delayMs > 0) await sleep(clock, delayMs, this.#closing.signal)
    this.#closing.signal.throwIfAborted()
  }

  #take(message: ReceivedMessage): void {
    const { event, id, fault } = messageEvent(message, this.#origin)
    const { messageGroup, storedAtMs } = message
    const record: SourceRecord = {
      event,
      id,
      partition: messageGroup ?? '',
      ...(storedAtMs === undefined ? {} : { takenAtMs: storedAtMs }),
      ...(fault === undefined ? {} : { fault }),
    }
    this.#shelf.put(this.#holding.add(record, message.receipt, messageGroup))
  }

  /** Resolves when something may be different: records, a failure, room. One read at a time waits for it. */
  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const either = AbortSignal.any([signal, this.#closing.signal])
      const settled = (): void => {
        this.#onNews = undefined
        either.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => {
        settled()
        reject(either.reason as Error)
      }
      this.#onNews = () => {
        settled()
        resolve()
      }
      if (either.aborted) onAbort()
      else either.addEventListener('abort', onAbort, { once: true })
    })
  }

  async #call<T>(method: string, payload: unknown): Promise<T> {
    return (await this.#host.call(method, payload, this.#cut.signal)) as T
  }

  #start(attempt: number): StartCall {
    const { topic, group, tags, sql, pollMs } = this.#options
    return {
      access: accessOf(this.#options, this.#context.allowPrivateTargets, attempt),
      subscription: {
        topic,
        group,
        pollMs,
        filterType: sql === undefined ? 'tag' : 'sql',
        filter: sql ?? tags,
      },
    }
  }

  get #proxy(): string {
    return this.#options.endpoints.join(', ')
  }

  async #dispose(): Promise<void> {
    this.#closing.abort(closedError('source'))
    {
      using _deadline = this.#context.clock.timer(giveBackTimeoutMs, () => {
        this.#receiving.abort()
        this.#cut.abort(new Error('giving back took too long'))
      })
      // Messages that come in the last moment are given back like the others.
      if (this.#host.isReady) await this.#call('cease', undefined).catch(() => undefined)
      else this.#receiving.abort()
      await Promise.all(this.#requests.values())
      await this.#holding.giveBack().catch((thrown: unknown) => {
        const { code } = rocketmqError(thrown, 'source', this.#proxy)
        this.#context.log.info('messages could not be given back; they come again by themselves', { code })
      })
    }
    await this.#host[Symbol.asyncDispose]()
  }
}
