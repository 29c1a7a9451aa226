import { type Outcome, type OutgoingRecord, type Sink, toAppError } from '@millrace/spi'
import type { Topics } from '../topics/index.ts'
import { sinkBody } from './queue-sink.ts'

/** Publishes records to a topic: the body becomes the message, without a tag. */
export class TopicSink implements Sink {
  readonly #topics: Pick<Topics, 'publish'>
  readonly #account: string
  readonly #topic: string
  readonly #isBase64: boolean

  constructor(topics: Pick<Topics, 'publish'>, account: string, topic: string, isBase64: boolean) {
    this.#topics = topics
    this.#account = account
    this.#topic = topic
    this.#isBase64 = isBase64
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    return await Promise.all(records.map(record => this.#publish(record)))
  }

  async #publish({ body }: OutgoingRecord): Promise<Outcome> {
    try {
      const publication = { body: sinkBody(body, this.#isBase64) }
      const { id } = await this.#topics.publish(this.#account, this.#topic, publication)
      return { status: 'ok', detail: id }
    } catch (thrown) {
      return { status: 'failed', error: toAppError(thrown) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
