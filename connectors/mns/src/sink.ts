import {
  AppError,
  type ConnectorContext,
  failed,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  Places,
  retryBackoff,
  type Sink,
  sinkClosed,
  toAppError,
} from '@millrace/spi'
import { MnsClient } from './client.ts'
import { serviceError } from './errors.ts'
import type { MnsSinkOptions } from './options.ts'
import { batches, outgoingMessage, type OutgoingMessage } from './outgoing-message.ts'
import { childText, document } from './xml.ts'

/** Sends to one queue, sixteen messages a request, or publishes to one topic, one by one. */
export class MnsSink implements Sink {
  readonly #options: MnsSinkOptions
  readonly #context: ConnectorContext
  readonly #writes: OpenWrites
  /** For requests under way. */
  readonly #places: Places
  #client: MnsClient | undefined

  constructor(options: MnsSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#places = new Places(options.requestsMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () => this.#write(records, signal))
  }

  async #write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = Array.from({ length: records.length }, () => ok)
    const places: number[] = []
    const messages: OutgoingMessage[] = []
    for (const [index, record] of records.entries()) {
      try {
        messages.push(outgoingMessage(record, this.#options))
        places.push(index)
      } catch (thrown) {
        outcomes[index] = failed(toAppError(thrown))
      }
    }
    const groups = batches(messages, this.#options.topic === undefined ? 16 : 1)
    await Promise.all(
      groups.map(async group => {
        const sent = await this.#send(
          group.map(index => messages[index]!),
          signal,
        )
        for (const [i, index] of group.entries()) outcomes[places[index]!] = sent[i] ?? failed(odd())
      }),
    )
    return outcomes
  }

  async #send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<Outcome[]> {
    if (!this.#places.tryTake()) await this.#places.take(signal)
    try {
      return await this.#post(messages, AbortSignal.any([signal, this.#writes.cut]))
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      const error = this.#writes.cut.aborted ? sinkClosed() : toAppError(thrown)
      return messages.map(() => failed(error))
    } finally {
      this.#places.give()
    }
  }

  async #post(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<Outcome[]> {
    const { queue, topic } = this.#options
    this.#client ??= new MnsClient(this.#options, this.#context, 'sink')
    const client = this.#client
    const [only] = messages
    const body =
      messages.length === 1 && only !== undefined
        ? document('Message', only.xml.slice('<Message>'.length, -'</Message>'.length))
        : document('Messages', messages.map(({ xml }) => xml).join(''))
    const target = topic === undefined ? `/queues/${queue}/messages` : `/topics/${topic}/messages`
    const answer = await client.request('POST', target, { body }, signal)
    const { root, status } = answer
    if (root?.name === 'Message') return [ok]
    if (root?.name !== 'Messages') {
      const error = client.error(answer)
      // The service refuses a request for the sake of one message; the others have not deserved it.
      if (messages.length === 1 || !isRejected(error)) throw error
      return (await Promise.all(messages.map(message => this.#post([message], signal).catch(refusal)))).flat()
    }
    return root.children.map(child => {
      const code = childText(child, 'ErrorCode')
      return code === undefined ? ok : failed(serviceError(code, status, 'sink', client.place))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.close()
    await this.#client?.[Symbol.asyncDispose]()
  }
}

function isRejected(error: Error): boolean {
  return error instanceof AppError && error.code === 'sink.rejected'
}

function refusal(thrown: unknown): Outcome[] {
  return [failed(toAppError(thrown))]
}

function odd(): AppError {
  return new AppError('sink.failed', 'the service answered for fewer messages than it was sent', retryBackoff)
}
