import { AppError, type Outcome, type OutgoingRecord, retryBackoff, type Sink } from '@millrace/spi'
import { decodePublication, type Publication } from './published.ts'
import type { SubscriptionSpec } from '../resources/index.ts'

/** A subscription as a push needs it. */
export interface Pushed {
  readonly account: string
  readonly topic: string
  readonly subscription: string
  readonly endpoint: SubscriptionSpec['endpoint']
  readonly format: SubscriptionSpec['format']
}

/** What a push consists of. */
export interface PushText {
  readonly body: Uint8Array
  readonly contentType: string
  /** For HTTP endpoints. */
  readonly headers: Readonly<Record<string, string>>
}

/** Puts a message into the form that a subscription wants. */
export type PushFormatter = (publication: Publication, pushed: Pushed) => PushText

/** Pushes the messages of a topic to one subscription: the record is made here, and written by the sink of the endpoint. */
export class PushSink implements Sink {
  readonly #pushed: Pushed
  readonly #format: PushFormatter
  readonly #endpoint: Sink

  constructor(pushed: Pushed, format: PushFormatter, endpoint: Sink) {
    this.#pushed = pushed
    this.#format = format
    this.#endpoint = endpoint
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes = await this.#endpoint.write(
      records.map(record => this.#recordOf(record)),
      signal,
    )
    return outcomes.map(tryAgain)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#endpoint[Symbol.asyncDispose]()
  }

  #recordOf(record: OutgoingRecord): OutgoingRecord {
    const publication = decodePublication(record.event)
    const { body, contentType, headers } = this.#format(publication, this.#pushed)
    const parameters: Record<string, string> = {}
    const { properties } = publication
    if (properties !== undefined) parameters['properties'] = JSON.stringify(properties)
    if ('url' in this.#pushed.endpoint) {
      for (const [name, value] of Object.entries(headers)) parameters[`headers.${name}`] = value
    }
    return { ...record, body, contentType, parameters }
  }
}

/** Whatever an endpoint answers but success is a failure that may pass: the strategy of the subscription decides. */
function tryAgain(outcome: Outcome): Outcome {
  if (outcome.status !== 'failed' || outcome.error.retry.kind !== 'never') return outcome
  const { code, message } = outcome.error
  return { ...outcome, error: new AppError(code, message, retryBackoff, { cause: outcome.error }) }
}
