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
import { type Answer, errorCode, MnsClient } from './client.ts'
import { Keeper } from './keeper.ts'
import { MnsRecord } from './message.ts'
import type { MnsSourceOptions } from './options.ts'
import { childText, document, leaf } from './xml.ts'

/** The service gives, and takes back, so many messages with one request. */
const batchMax = 16

/** Requests that give messages back have so long when the source is disposed. */
const releaseTimeoutMs = 3_000

/**
 * Reads one queue by long polling. A message that was received is kept from other readers, which is prolonged for as
 * long as it is held, and deleted when it is committed.
 */
export class MnsSource implements Source {
  readonly #options: MnsSourceOptions
  readonly #context: SourceContext
  readonly #client: MnsClient
  readonly #keeper: Keeper
  readonly #closed = new AbortController()
  #waiting: MnsRecord[] = []
  #poll: Promise<void> | undefined
  #disposal: Promise<void> | undefined

  constructor(options: MnsSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#client = new MnsClient(options, context, 'source')
    this.#keeper = new Keeper(this.#client, options, context)
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#closed.signal.aborted) throw closed()
      if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
      // One poll at a time, which outlives a read that is given up: what it brings is for the next one.
      this.#poll ??= this.#receive(Math.min(limits.recordsMax, batchMax)).finally(
        () => (this.#poll = undefined),
      )
      await untilAborted(this.#poll, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const own = records.filter(record => record instanceof MnsRecord)
    const batches: MnsRecord[][] = []
    for (let i = 0; i < own.length; i += batchMax) batches.push(own.slice(i, i + batchMax))
    await Promise.all(batches.map(batch => this.#delete(batch)))
    if (own.some(({ isLost }) => isLost)) throw lost()
  }

  async lag(signal: AbortSignal): Promise<SourceLag> {
    const answer = await this.#client.request('GET', `/queues/${this.#options.queue}`, {}, signal)
    const { root } = answer
    if (root?.name !== 'Queue') throw this.#client.error(answer)
    const count = (name: string): number => Number(childText(root, name) ?? 0)
    return { records: count('ActiveMessages') + count('InactiveMessages') }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting = []
    this.#closed.abort(closed())
    await this.#poll?.catch(() => {})
    const timeUp = new AbortController()
    using _timer = this.#context.clock.timer(releaseTimeoutMs, () => timeUp.abort(closed()))
    await this.#keeper.release(timeUp.signal)
    await this.#client[Symbol.asyncDispose]()
  }

  async #receive(countMax: number): Promise<void> {
    const { queue, waitSeconds } = this.#options
    const target = `/queues/${queue}/messages?numOfMessages=${countMax}&waitseconds=${waitSeconds}`
    const waitMs = waitSeconds * 1_000
    const answer = await this.#client.request('GET', target, { waitMs }, this.#closed.signal)
    if (errorCode(answer) === 'MessageNotExist') return
    if (answer.root?.name !== 'Messages') throw this.#client.error(answer)
    const receivedAtMs = this.#context.clock.nowMs()
    const records = answer.root.children.map(element => {
      const heldMs = heldForMs(Number(childText(element, 'NextVisibleTime')), answer)
      return new MnsRecord(element, answer.requestId, this.#options, this.#context, receivedAtMs + heldMs)
    })
    for (const record of records) this.#keeper.hold(record)
    this.#waiting.push(...records)
  }

  async #delete(batch: readonly MnsRecord[]): Promise<void> {
    await Promise.all(batch.flatMap(({ prolonging }) => (prolonging === undefined ? [] : [prolonging])))
    const handles = batch.filter(({ isLost }) => !isLost)
    if (handles.length === 0) return
    const body = document(
      'ReceiptHandles',
      handles.map(({ handle }) => leaf('ReceiptHandle', handle)).join(''),
    )
    const target = `/queues/${this.#options.queue}/messages`
    const answer = await this.#client.request('DELETE', target, { body }, this.#closed.signal)
    if (answer.root?.name === 'Error') throw this.#client.error(answer)
    const failed = new Set(answer.root?.children.map(child => childText(child, 'ReceiptHandle')))
    for (const record of handles) {
      if (failed.has(record.handle)) record.isLost = true
      this.#keeper.letGo(record)
    }
  }
}

/** How long the service keeps a message from others, by its own clock; the shortest time that it knows when it does not say. */
function heldForMs(nextVisibleAtMs: number, { serverAtMs }: Answer): number {
  const heldMs = nextVisibleAtMs - (serverAtMs ?? Number.NaN)
  return Number.isFinite(heldMs) ? Math.max(0, heldMs) : 1_000
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}

function lost(): AppError {
  return new AppError(
    'source.lost',
    'messages were held for too long, and have another reader by now',
    retryBackoff,
  )
}
