import type { EventText } from '@millrace/cloudevents'
import { AppError, type Clock, type Queue, type Random, retryBackoff, type Sink } from '@millrace/spi'
import { type BusView, busKey, type SinkSpec, type Snapshots, type TopicView } from '../resources/index.ts'
import { pushConnector, pushQueue } from './names.ts'
import { type Pushed, type PushFormatter, PushSink } from './push-sink.ts'
import { checkPublication, encodePublication, type NewPublication } from './published.ts'
import { TopicBuses } from './topic-buses.ts'

/** Topics: a message is an event of a hidden bus, a subscription one of its rules, and delivery pushes (decision 0011). */
export interface Topics extends Disposable {
  /** What delivery is to be given in the place of the snapshots below. */
  readonly snapshots: Snapshots
  /** To be called before delivery starts, after what lies below has changed for the last time unseen. */
  start(): void
  /**
   * Resolves with the id of the message when it is durable. Rejects with `topic.not-found`, `topic.message-invalid`,
   * `topic.message-too-large`, and with what the log says: full, closed.
   */
  publish(account: string, topic: string, publication: NewPublication): Promise<{ readonly id: string }>
  /** How many pushes of a topic are still to be made. */
  pending(account: string, topic: string): Promise<number>
  /** The sink that a rule of the hidden bus names; `undefined` for those of users. */
  sink(account: string, spec: SinkSpec, open: (spec: SinkSpec) => Sink): Sink | undefined
}

export interface TopicsOptions {
  /** Of whatever lies below: the control plane's, or those with other hidden buses. */
  readonly snapshots: Snapshots
  readonly queue: Pick<Queue, 'stat'>
  /** Appends to a bus; resolves when it is durable. */
  readonly append: (bus: BusView, event: EventText) => Promise<void>
  readonly format: PushFormatter
  readonly clock: Clock
  readonly random: Random
}

export function createTopics(options: TopicsOptions): Topics {
  return new DerivedTopics(options)
}

class DerivedTopics implements Topics {
  readonly #options: TopicsOptions
  readonly #buses: TopicBuses

  constructor(options: TopicsOptions) {
    this.#options = options
    this.#buses = new TopicBuses(options.snapshots)
  }

  get snapshots(): Snapshots {
    return this.#buses
  }

  start(): void {
    this.#buses.refresh()
  }

  async publish(
    account: string,
    topic: string,
    publication: NewPublication,
  ): Promise<{ readonly id: string }> {
    const { spec } = this.#find(account, topic)
    checkPublication(publication, spec)
    const { clock, random, append } = this.#options
    const bus = this.#buses.of(account)
    if (bus === undefined) throw topicNotFound(topic)
    const id = random.id().toUpperCase()
    const publishedAtMs = clock.nowMs()
    await append(bus, encodePublication({ ...publication, id, topic, publishedAtMs }))
    return { id }
  }

  async pending(account: string, topic: string): Promise<number> {
    const { subscriptions } = this.#find(account, topic)
    let pending = 0
    for (const name of subscriptions.keys()) {
      pending += (await this.#options.queue.stat(pushQueue(account, topic, name))).pending
    }
    return pending
  }

  sink(account: string, spec: SinkSpec, open: (spec: SinkSpec) => Sink): Sink | undefined {
    if (!('connector' in spec) || spec.connector !== pushConnector) return undefined
    const { endpoint: given, ...named } = spec.options as unknown as Omit<Pushed, 'account'>
    const endpoint = 'url' in given ? { url: withPath(given.url) } : given
    const pushed: Pushed = { account, ...named, endpoint }
    const sink = 'queue' in endpoint ? open(endpoint) : open({ connector: 'http', options: endpoint })
    return new PushSink(pushed, this.#options.format, sink)
  }

  [Symbol.dispose](): void {
    this.#buses[Symbol.dispose]()
  }

  #find(account: string, topic: string): TopicView {
    const view = this.#options.snapshots.current().topics.get(busKey(account, topic))
    if (view === undefined) throw topicNotFound(topic)
    return view
  }
}

/** An endpoint that names nothing but a host is asked at a path of its own. */
function withPath(url: string): string {
  return /^https?:\/\/[^/?#]+\/?$/.test(url) ? new URL('/notifications', url).href : url
}

function topicNotFound(name: string): AppError {
  return new AppError('topic.not-found', `there is no topic ${name}`, retryBackoff, {
    details: { kind: 'topic', name },
  })
}
