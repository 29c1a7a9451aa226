import type { EventInput } from '../events.ts'
import { checkedEvent } from './checked-event.ts'
import type { NewEvent, Schemas } from './event.ts'

/** The part of an outbox that writes; `@millrace/sdk/outbox` makes some. */
export interface EventOutbox<Connection> {
  publish(connection: Connection, event: EventInput): Promise<{ id: string }>
}

/** Writes events of a catalogue into an outbox, each checked against its schema before it is written. */
export class TypedOutbox<All extends Schemas, Connection, Extension extends string = never> {
  readonly #schemas: All
  readonly #outbox: EventOutbox<Connection>

  constructor(schemas: All, outbox: EventOutbox<Connection>) {
    this.#schemas = schemas
    this.#outbox = outbox
  }

  /**
   * Writes an event by the connection on which the transaction runs; resolves with its id.
   *
   * @throws MillraceError `client.event-invalid` that names the places and what their schema says
   */
  async publish<const Type extends keyof All & string>(
    connection: Connection,
    type: Type,
    event: NewEvent<All, Type, Extension>,
  ): Promise<{ id: string }> {
    return await this.#outbox.publish(connection, await checkedEvent(this.#schemas, type, event))
  }
}
