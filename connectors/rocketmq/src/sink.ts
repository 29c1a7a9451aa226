import {
  type ConnectorContext,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  toAppError,
} from '@millrace/spi'
import { accessOf } from './access.ts'
import { ChildHost } from './child/index.ts'
import { clientProgram } from './client/index.ts'
import type { OutgoingMessage, SendCall, SendResult, StartCall } from './client/index.ts'
import { closedError, faultError, rocketmqError } from './errors.ts'
import { hostLimits } from './limits.ts'
import type { RocketmqSinkOptions } from './options.ts'
import { outgoingMessage } from './outgoing.ts'

/** Sends each record as one message; those of a batch go side by side, those of one message group one after the other. */
export class RocketmqSink implements Sink {
  readonly #options: RocketmqSinkOptions
  readonly #context: ConnectorContext
  readonly #host: ChildHost
  readonly #writes: OpenWrites

  constructor(options: RocketmqSinkOptions, context: ConnectorContext, program = clientProgram) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#host = new ChildHost({ module: program, start: attempt => this.#start(attempt) }, context, {
      ...hostLimits,
      startTimeoutMs: options.connectTimeoutMs,
    })
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () => this.#write(records, signal))
  }

  async #write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes = new Map<number, Outcome>()
    const messages = new Map<number, OutgoingMessage>()
    const nowMs = this.#context.clock.nowMs()
    for (const [index, record] of records.entries()) {
      try {
        messages.set(index, outgoingMessage(record, this.#options.topic, nowMs))
      } catch (thrown) {
        outcomes.set(index, { status: 'failed', error: toAppError(thrown) })
      }
    }
    const sent = messages.size === 0 ? [] : await this.#send([...messages.values()], signal)
    for (const [at, index] of [...messages.keys()].entries()) {
      const outcome = sent[at]
      if (outcome !== undefined) outcomes.set(index, outcome)
    }
    return records.map(
      (_record, index) => outcomes.get(index) ?? { status: 'failed', error: closedError('sink') },
    )
  }

  async #send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<Outcome[]> {
    const call: SendCall = { messages }
    const proxy = this.#options.endpoints.join(', ')
    try {
      const answer = await this.#host.call('send', call, AbortSignal.any([signal, this.#writes.cut]))
      return (answer as SendResult[]).map(result =>
        'fault' in result
          ? { status: 'failed', error: faultError(result.fault, 'sink', proxy) }
          : { status: 'ok', detail: `message ${result.messageId}` },
      )
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      const error = rocketmqError(thrown, 'sink', proxy)
      return messages.map(() => ({ status: 'failed', error }))
    }
  }

  #start(attempt: number): StartCall {
    const access = accessOf(this.#options, this.#context.allowPrivateTargets, attempt)
    return { access, subscription: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.close()
    await this.#host[Symbol.asyncDispose]()
  }
}
