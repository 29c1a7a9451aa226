import { type ConsumeOptions, type MessageHandler, QueueConsumer } from './consuming/index.ts'
import { ResourceClient } from './resource-client.ts'
import type { Transport } from './transport.ts'

/** A queue; everything has a default. */
export interface QueueSpec {
  description?: string
  /** How long a message waits before it can be received. */
  delayMs?: number
  /** How long a received message is hidden from others. */
  visibilityMs?: number
  /** Age at which a message is removed. */
  retentionMs?: number
  /** How long a receive waits that does not say so itself. */
  pollingWaitMs?: number
  messageBytesMax?: number
  bytesMax?: number
  /** Where messages go that were received so often without being deleted. */
  deadLetter?: { queue: string; receivesMax?: number }
}

export interface MessageProperty {
  name: string
  value: string
  type?: 'STRING' | 'NUMBER' | 'BOOLEAN' | 'BINARY'
}

/** What is sent to a queue: either text or bytes. */
export interface NewMessage {
  body?: string
  bodyBase64?: string
  /** 1, the first to be handed out, to 16; 8 when absent. */
  priority?: number
  delayMs?: number
  properties?: MessageProperty[]
}

/** What became of one message that was sent. */
export interface SendOutcome {
  status: 'sent' | 'refused'
  id?: string
  /** Of a message that is put off. */
  handle?: string
  code?: string
  detail?: string
}

export interface QueueMessage {
  id: string
  /** Text, or `bodyBase64` where it is none. */
  body?: string
  bodyBase64?: string
  priority: number
  enqueuedAtMs: number
  firstReceivedAtMs: number
  receives: number
  properties: MessageProperty[]
}

export interface ReceivedMessage extends QueueMessage {
  /** Deletes the message, or changes how long it stays hidden. */
  handle: string
  visibleAtMs: number
}

// A type, since what `status` of other resources gives is an open record.
export type QueueStatus = { active: number; inactive: number; delayed: number; bytes: number }

/** The queues of the account. */
export class QueuesClient extends ResourceClient<QueueSpec> {
  constructor(transport: Transport) {
    super(transport, '/api/v1/queues')
  }

  override status(name: string): Promise<QueueStatus> {
    return this.transport.json('GET', `${this.pathOf(name)}/status`)
  }

  /** One outcome per message, in order; those that were sent are durable. */
  async send(name: string, messages: readonly NewMessage[]): Promise<SendOutcome[]> {
    const path = `${this.pathOf(name)}/messages`
    const { outcomes } = await this.transport.json<{ outcomes: SendOutcome[] }>('POST', path, { messages })
    return outcomes
  }

  /** Waits up to `waitMs` for the first; resolves with none when there is none. */
  async receive(
    name: string,
    options: { count?: number; waitMs?: number; signal?: AbortSignal } = {},
  ): Promise<ReceivedMessage[]> {
    const { signal, ...body } = options
    const path = `${this.pathOf(name)}/receive`
    const { messages } = await this.transport.json<{ messages: ReceivedMessage[] }>(
      'POST',
      path,
      body,
      signal === undefined ? {} : { signal },
    )
    return messages
  }

  /** Those that could be received now. */
  async peek(name: string, count = 10): Promise<QueueMessage[]> {
    const path = `${this.pathOf(name)}/messages?count=${count}`
    return (await this.transport.json<{ messages: QueueMessage[] }>('GET', path)).messages
  }

  /** Deletes received messages; resolves with those that were not, by their place. */
  async deleteMessages(
    name: string,
    handles: readonly string[],
  ): Promise<{ index: number; code: string; detail: string }[]> {
    const path = `${this.pathOf(name)}/delete`
    const { failures } = await this.transport.json<{
      failures: { index: number; code: string; detail: string }[]
    }>('POST', path, { handles })
    return failures
  }

  /** Hides a received message for so long from now on; the new handle counts. */
  changeVisibility(
    name: string,
    handle: string,
    visibilityMs: number,
  ): Promise<{ handle: string; visibleAtMs: number }> {
    return this.transport.json('POST', `${this.pathOf(name)}/visibility`, { handle, visibilityMs })
  }

  /**
   * Calls the handler for each message, several at once, until the signal aborts; then it waits for the handlers that run.
   * While a handler works its message stays hidden from others. A message is deleted when its handler has resolved, and comes
   * again when it has not: later each time, until the queue moves it to its dead letter. So each is handled at least once.
   *
   * @throws MillraceError what the server refuses for good; RangeError for options beyond their limits
   */
  consume(
    name: string,
    handler: MessageHandler,
    options: ConsumeOptions,
    signal: AbortSignal,
  ): Promise<void> {
    return new QueueConsumer(this, name, handler, options).run(signal)
  }
}
