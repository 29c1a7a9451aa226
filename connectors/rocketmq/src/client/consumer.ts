import {
  FilterExpression,
  type MessageQueue,
  type MessageView,
  SimpleConsumer,
  StatusChecker,
} from 'rocketmq-client-nodejs'
import definition from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js'
import service from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js'
import type { Fault } from '../child/index.ts'
import type { Access, Receipt, ReceiveAnswer, ReceiveCall, ReceivedMessage, Subscription } from './calls.ts'
import { clientOptions } from './client-options.ts'
import { EndpointsBook } from './endpoints.ts'
import { OwnFault, toFault } from './faults.ts'
import { receivedMessage } from './received.ts'

/** The broker that is written to; others are copies of it. */
const masterId = 0

/**
 * The simple consumer of the library, for its settings, routes, heartbeats and signatures. Receiving, acknowledging and hiding
 * are calls of their own, since those of the library take one message at a time, ask queue 0 alone, repeat by
 * themselves, and give up a whole batch when one body cannot be unpacked.
 */
export class StreamConsumer extends SimpleConsumer {
  readonly #subscription: Subscription
  readonly #filter: FilterExpression
  readonly #book = new EndpointsBook()
  #routeFailure: unknown

  constructor(access: Access, subscription: Subscription, log: (text: string) => void) {
    const { SQL, TAG } = definition.FilterType
    const filter = new FilterExpression(subscription.filter, subscription.filterType === 'sql' ? SQL : TAG)
    super({
      ...clientOptions(access, log),
      consumerGroup: subscription.group,
      subscriptions: new Map([[subscription.topic, filter]]),
      awaitDuration: subscription.pollMs,
    })
    this.#subscription = subscription
    this.#filter = filter
  }

  /** Resolves with what one broker has, waiting for the first message as long as the subscription says. */
  async take({ broker, recordsMax, invisibleMs, bodyBytesMax }: ReceiveCall): Promise<ReceiveAnswer> {
    const queues = onePerBroker((await this.getRouteData(this.#subscription.topic)).messageQueues)
    const queue = queues[broker % Math.max(1, queues.length)]
    if (queue === undefined) throw new OwnFault('no-queue', 'the topic has no queue that may be read')
    const { pollMs } = this.#subscription
    const request = this.wrapReceiveMessageRequest(recordsMax, queue, this.#filter, invisibleMs, pollMs)
    const endpoints = this.#book.known(queue.broker.endpoints)
    const responses = await this.rpcClientManager.receiveMessage(
      endpoints,
      request,
      this.requestTimeout + pollMs,
    )
    const { scheme, addressesList } = endpoints
    const found = []
    let deliveredAtMs: number | undefined
    for (const response of responses) {
      if (response.hasStatus()) StatusChecker.check(response.getStatus()?.toObject())
      const message = response.getMessage()
      if (message !== undefined) found.push(message)
      deliveredAtMs = response.getDeliveryTimestamp()?.toDate().getTime() ?? deliveredAtMs
    }
    const { topic } = this.#subscription
    const reception = { topic, endpoints: { scheme, addressesList }, deliveredAtMs, bodyBytesMax }
    const messages: ReceivedMessage[] = found.map(message => receivedMessage(message, reception))
    return { messages, brokers: queues.length }
  }

  /** One request for the receipts of each broker and topic; one result for each receipt. */
  async acknowledge(receipts: readonly Receipt[]): Promise<(Fault | undefined)[]> {
    const results = new Map<Receipt, Fault | undefined>()
    const groups = Map.groupBy(receipts, ({ endpoints, topic }) => JSON.stringify([endpoints, topic]))
    await Promise.all(
      [...groups.values()].map(async group => {
        const faults = await this.#acknowledgeGroup(group).catch((thrown: unknown) =>
          group.map(() => toFault(thrown)),
        )
        for (const [index, receipt] of group.entries()) results.set(receipt, faults[index])
      }),
    )
    return receipts.map(receipt => results.get(receipt))
  }

  async #acknowledgeGroup(group: readonly Receipt[]): Promise<(Fault | undefined)[]> {
    const [first] = group
    if (first === undefined) return []
    const request = new service.AckMessageRequest()
      .setGroup(new definition.Resource().setName(this.#subscription.group))
      .setTopic(new definition.Resource().setName(first.topic))
    for (const { messageId, handle } of group) {
      request.addEntries().setMessageId(messageId).setReceiptHandle(handle)
    }
    const endpoints = this.#book.find(first.endpoints)
    const response = await this.rpcClientManager.ackMessage(endpoints, request, this.requestTimeout)
    const entries = response.getEntriesList()
    // Without entries the status stands for all of them.
    if (entries.length < group.length) StatusChecker.check(response.getStatus()?.toObject())
    const byHandle = new Map(entries.map(entry => [entry.getReceiptHandle(), entry]))
    return group.map(({ handle }) => faultOf(byHandle.get(handle)?.getStatus()?.toObject()))
  }

  /** Resolves with the handle that counts from now on. */
  async hide({ messageId, topic, handle, endpoints }: Receipt, invisibleMs: number): Promise<string> {
    // Of the view of a message, the library reads these four here.
    const view = { messageId, topic, receiptHandle: handle, endpoints: this.#book.find(endpoints) }
    return await this.invisibleDuration(view as MessageView, invisibleMs)
  }

  /** A failed start is repeated by the parent, with pauses that grow; three times at once here would only be late. */
  protected override async updateRoutes(): Promise<void> {
    try {
      await super.updateRoutes()
      this.#routeFailure = undefined
    } catch (thrown) {
      this.#routeFailure = thrown
      throw thrown
    }
  }

  protected override sleep(ms: number): Promise<void> {
    return this.#routeFailure === undefined ? super.sleep(ms) : Promise.reject(this.#routeFailure)
  }

  /** Leaves out the balancer of the library, which throws on a topic whose queues may not be read. */
  protected override onTopicRouteDataUpdate(): void {}
}

/** One readable queue for each broker that is not a copy: the proxy then looks at all queues of that broker. */
function onePerBroker(queues: readonly MessageQueue[]): MessageQueue[] {
  const { READ, READ_WRITE } = definition.Permission
  const readable = queues.filter(
    ({ permission, broker }) => broker.id === masterId && (permission === READ || permission === READ_WRITE),
  )
  return [...new Map(readable.toReversed().map(queue => [queue.broker.name, queue])).values()]
}

/** What a status of the protocol says, as the library reads it. */
function faultOf(status: Parameters<typeof StatusChecker.check>[0]): Fault | undefined {
  try {
    StatusChecker.check(status)
    return undefined
  } catch (thrown) {
    return toFault(thrown)
  }
}
