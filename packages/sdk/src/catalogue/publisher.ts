import type { Accepted, EventInput, PublishResult } from '../events.ts'
import type { BatchPublisher } from '../publishing/index.ts'
import { checkedEvent } from './checked-event.ts'
import type { NewEvent, Schemas } from './event.ts'

/** The part of a client that publishes. */
export interface EventPublishing {
  publish(bus: string, event: EventInput, signal?: AbortSignal): Promise<Accepted>
  publishBatch(bus: string, events: readonly EventInput[], signal?: AbortSignal): Promise<PublishResult>
}

/** Publishes events of a catalogue to one bus, each checked against its schema before it is sent. */
export class Publisher<All extends Schemas, Extension extends string = never> {
  readonly #schemas: All
  readonly #events: EventPublishing
  readonly #bus: string

  constructor(schemas: All, events: EventPublishing, bus: string) {
    this.#schemas = schemas
    this.#events = events
    this.#bus = bus
  }

  /**
   * Resolves once the event is on stable storage (by the bus's policy). Sends `data` as it was given, also where the
   * schema would put out something else: consumers parse it again.
   *
   * @throws MillraceError `client.event-invalid` that names the places and what their schema says
   */
  async publish<const Type extends keyof All & string>(
    type: Type,
    event: NewEvent<All, Type, Extension>,
    signal?: AbortSignal,
  ): Promise<Accepted> {
    return await this.#events.publish(this.#bus, await checkedEvent(this.#schemas, type, event), signal)
  }

  /**
   * One outcome per event, in order; when one is not as its schema has it, none is sent.
   *
   * @throws MillraceError as `publish` does, with the place of the event in the list
   */
  async publishAll<const Type extends keyof All & string>(
    type: Type,
    events: readonly NewEvent<All, Type, Extension>[],
    signal?: AbortSignal,
  ): Promise<PublishResult> {
    const checked = await Promise.all(
      events.map((event, at) => checkedEvent(this.#schemas, type, event, `event ${at}: `)),
    )
    return await this.#events.publishBatch(this.#bus, checked, signal)
  }
}

/** A publisher of one bus, as what a catalogue publishes by. */
export function publishingBy(publisher: BatchPublisher): EventPublishing {
  return {
    publish: (_bus, event, signal) => publisher.publish(event, signal),
    publishBatch: async (_bus, events, signal) => {
      const outcomes = await publisher.publishAll(events, signal)
      const failed = outcomes.filter(outcome => 'error' in outcome).length
      return { accepted: outcomes.length - failed, failed, outcomes }
    },
  }
}
