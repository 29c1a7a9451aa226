import {
  AppError,
  type Outcome,
  type OutgoingRecord,
  retryBackoff,
  type Sink,
  toAppError,
} from '@millrace/spi'
import type { MessageProperty, NewMessage, Queues } from '../queues/index.ts'

/** Puts records into a queue: the body becomes the message. */
export class QueueSink implements Sink {
  readonly #queues: Pick<Queues, 'send'>
  readonly #account: string
  readonly #queue: string
  readonly #isBase64: boolean

  constructor(queues: Pick<Queues, 'send'>, account: string, queue: string, isBase64: boolean) {
    this.#queues = queues
    this.#account = account
    this.#queue = queue
    this.#isBase64 = isBase64
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    // One message each: a turn of the queue takes all that wait anyway.
    return await Promise.all(records.map(record => this.#send(record)))
  }

  async #send({ body, parameters }: OutgoingRecord): Promise<Outcome> {
    try {
      const message = { body: sinkBody(body, this.#isBase64), ...propertiesOf(parameters) }
      const [outcome] = await this.#queues.send(this.#account, this.#queue, [message])
      if (outcome?.status === 'sent') return { status: 'ok', detail: outcome.message.id }
      return failed(outcome?.error)
    } catch (thrown) {
      return failed(toAppError(thrown))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** What a topic passes on beside the body; rules of users have no such parameter. */
function propertiesOf({ properties }: OutgoingRecord['parameters']): Pick<NewMessage, 'properties'> {
  if (properties === undefined) return {}
  return { properties: { user: JSON.parse(properties) as MessageProperty[] } }
}

/** The body as it is, or as base64 for consumers that expect it so. */
export function sinkBody(body: Uint8Array, isBase64: boolean): Uint8Array {
  if (!isBase64) return body
  return Buffer.from(Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64'))
}

function failed(error: AppError | undefined): Outcome {
  return {
    status: 'failed',
    error: error ?? new AppError('sink.failed', 'the queue gave no answer', retryBackoff),
  }
}
