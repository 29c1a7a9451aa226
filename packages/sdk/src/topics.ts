import { ResourceClient } from './resource-client.ts'
import type { Transport } from './transport.ts'

export interface TopicSpec {
  description?: string
  messageBytesMax?: number
}

/** Where the messages of a topic are pushed to, which of them, and in which form. */
export interface SubscriptionSpec {
  endpoint: { url: string } | { queue: string }
  filterTag?: string
  strategy?: 'BACKOFF_RETRY' | 'EXPONENTIAL_DECAY_RETRY'
  format?: 'XML' | 'JSON' | 'SIMPLIFIED'
  deadLetter?: { queue: string }
}

/** The topics of the account. */
export class TopicsClient extends ResourceClient<TopicSpec> {
  constructor(transport: Transport) {
    super(transport, '/api/v1/topics')
  }

  subscriptions(topic: string): ResourceClient<SubscriptionSpec> {
    return new ResourceClient(this.transport, `${this.pathOf(topic)}/subscriptions`)
  }

  /** Resolves with the id of the message when it is durable. */
  publish(
    topic: string,
    message: { body?: string; bodyBase64?: string; tag?: string },
  ): Promise<{ id: string }> {
    return this.transport.json('POST', `${this.pathOf(topic)}/messages`, message)
  }
}
