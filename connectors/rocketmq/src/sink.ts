import {
  type ConnectorContext,
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

/** Writes under way have so long to finish when the sink is disposed; then they are cut off. */
const drainTimeoutMs = 5_000

/** Sends each record as one message; those of a batch go side by side, those of one message group one after the other. */
export class RocketmqSink implements Sink {
  readonly #options: RocketmqSinkOptions
  readonly #context: ConnectorContext
  readonly #host: ChildHost
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #cut = new AbortController()
  #disposal: Promise<void> | undefined

  constructor(options: RocketmqSinkOptions, context: ConnectorContext, program = clientProgram) {
    this.#options = options
    this.#context = context
    this.#host = new ChildHost({ module: program, start: attempt => this.#start(attempt) }, context, {
      ...hostLimits,
      startTimeoutMs: options.connectTimeoutMs,
    })
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    if (this.#disposal !== undefined) {
      return records.map(() => ({ status: 'failed', error: closedError('sink') }))
    }
    const work = this.#write(records, signal)
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
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
      const answer = await this.#host.call('send', call, AbortSignal.any([signal, this.#cut.signal]))
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

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    {
      using _deadline = this.#context.clock.timer(drainTimeoutMs, () => this.#cut.abort(closedError('sink')))
      await Promise.allSettled(this.#underWay)
    }
    await this.#host[Symbol.asyncDispose]()
  }
}
