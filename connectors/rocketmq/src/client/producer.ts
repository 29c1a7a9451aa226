import { Producer } from 'rocketmq-client-nodejs'
import type { Fault } from '../child/index.ts'
import type { Access, OutgoingMessage, SendResult } from './calls.ts'
import { clientOptions } from './client-options.ts'
import { OwnFault, toFault } from './faults.ts'

/** Topics that one producer writes to; the library keeps a route for each and refreshes it every 30 seconds. */
const topicsMax = 1_000

/** The producer of the library, without repetitions of its own: the engine decides about those. */
export class StreamProducer extends Producer {
  constructor(access: Access, log: (text: string) => void) {
    super({ ...clientOptions(access, log), maxAttempts: 1 })
  }

  /** One result for each message, in their order. Messages of one group go one after the other, others side by side. */
  async sendAll(messages: readonly OutgoingMessage[]): Promise<SendResult[]> {
    const lanes = Map.groupBy(messages.entries(), ([index, message]) => laneOf(message, index))
    const results = new Map<number, SendResult>()
    await Promise.all(
      [...lanes.values()].map(async lane => {
        let isBroken = false
        for (const [index, message] of lane) {
          const result: SendResult = isBroken ? brokenGroup() : await this.#sendOne(message).catch(failed)
          results.set(index, result)
          // What can never be sent does not hold up its followers; what may be sent later goes before them.
          isBroken ||= 'fault' in result && !isHopeless(result.fault)
        }
      }),
    )
    return messages.map((_message, index) => results.get(index) ?? brokenGroup())
  }

  async #sendOne(message: OutgoingMessage): Promise<SendResult> {
    const { topic, body, tag, keys, messageGroup, deliverAtMs, properties } = message
    const { maxBodySizeBytes } = this.publishingSettings
    if (body.length > maxBodySizeBytes) {
      const text = `the body has ${body.length} bytes; the server takes ${maxBodySizeBytes}`
      throw new OwnFault('message-too-large', text)
    }
    if (!this.topics.has(topic) && this.topics.size >= topicsMax) {
      throw new OwnFault('topics-max', `${topicsMax} topics are in use already`)
    }
    try {
      const { messageId } = await this.send({
        topic,
        body: Buffer.from(body.buffer, body.byteOffset, body.length),
        keys: [...keys],
        properties: new Map(Object.entries(properties)),
        ...(tag === undefined ? {} : { tag }),
        ...(messageGroup === undefined ? {} : { messageGroup }),
        ...(deliverAtMs === undefined ? {} : { deliveryTimestamp: new Date(deliverAtMs) }),
      })
      return { messageId }
    } catch (thrown) {
      // A topic that is not there would be asked for with every refresh, and hold up that of the others.
      if (!this.topicRouteCache.has(topic)) this.topics.delete(topic)
      throw isTypeMismatch(thrown) ? new OwnFault('message-type', messageOf(thrown)) : thrown
    }
  }

  /** The library shuns a broker after one failure, and never again looks at it; a refresh of the routes forgives. */
  protected override onTopicRouteDataUpdate(...update: Parameters<Producer['onTopicRouteDataUpdate']>): void {
    super.onTopicRouteDataUpdate(...update)
    this.isolated.clear()
  }
}

function laneOf({ topic, messageGroup }: OutgoingMessage, index: number): string {
  return messageGroup === undefined ? String(index) : JSON.stringify([topic, messageGroup])
}

function failed(thrown: unknown): SendResult {
  return { fault: toFault(thrown) }
}

function brokenGroup(): SendResult {
  return failed(new OwnFault('group-broken', 'an earlier message of its group was not taken'))
}

/** Codes of requests that are refused for what they hold: 400xx, 413xx and 431xx of the protocol, and our own. */
function isHopeless({ code }: Fault): boolean {
  if (code === 'message-too-large' || code === 'message-type') return true
  return typeof code === 'number' && [400, 413, 431].includes(Math.floor(code / 100))
}

function isTypeMismatch(thrown: unknown): boolean {
  return thrown instanceof TypeError && thrown.message.includes('message type not match')
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
