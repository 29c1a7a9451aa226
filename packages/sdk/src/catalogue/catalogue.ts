import type { RuleSpec } from '../resources.ts'
import type { StreamSpec } from '../streams.ts'
import { BatchPublisher } from '../publishing/index.ts'
import { defineRule, defineStream, type WiringItem } from '../wiring.ts'
import type { EventOfSchemas, Schemas } from './event.ts'
import { type EventPublishing, Publisher, publishingBy } from './publisher.ts'
import { type EventOutbox, TypedOutbox } from './typed-outbox.ts'
import type { TypedRule, TypedStream } from './typed-spec.ts'

/** The events of a catalogue, or those of one of its types: `EventOf<typeof shop, 'order.placed'>`. */
export type EventOf<
  Of extends { readonly schemas: Schemas },
  Type extends keyof Of['schemas'] & string = keyof Of['schemas'] & string,
> =
  Of extends Catalogue<infer All, infer Extension>
    ? EventOfSchemas<All, Type & keyof All & string, Extension>
    : never

export interface CatalogueOptions<Extension extends string> {
  /** Names of extension attributes that events may have. */
  readonly extensions?: readonly Extension[]
}

/**
 * What events there are, by type. Rules, streams and producers that are made from it do not compile when they name a
 * type or a field that no event has, or compare a field with what it never is.
 */
export class Catalogue<const All extends Schemas, Extension extends string = never> {
  readonly schemas: All

  constructor(schemas: All) {
    this.schemas = schemas
  }

  /** A rule for events of these types. */
  rule<const Type extends keyof All & string>(
    bus: string,
    name: string,
    types: Type | readonly Type[],
    spec: TypedRule<EventOfSchemas<All, Type, Extension>>,
  ): WiringItem {
    // What is narrower in its type is the same in its form.
    const { pattern, ...rest } = spec as Partial<RuleSpec>
    return defineRule(bus, name, { ...rest, pattern: { type: typeList(types), ...pattern } })
  }

  /** A stream of records of these types; records of other types are passed over. */
  stream<const Type extends keyof All & string>(
    name: string,
    types: Type | readonly Type[],
    spec: TypedStream<EventOfSchemas<All, Type, Extension>>,
  ): WiringItem {
    const { pattern, ...rest } = spec as StreamSpec
    return defineStream(name, { ...rest, pattern: { type: typeList(types), ...pattern } })
  }

  /** Publishes to a bus what the schemas accept, and nothing else: one by one, or by a publisher that makes batches. */
  publisher(events: EventPublishing, bus: string): Publisher<All, Extension>
  publisher(publisher: BatchPublisher): Publisher<All, Extension>
  publisher(by: EventPublishing | BatchPublisher, bus = ''): Publisher<All, Extension> {
    return new Publisher(this.schemas, by instanceof BatchPublisher ? publishingBy(by) : by, bus)
  }

  /** Writes into an outbox what the schemas accept, and nothing else. */
  outbox<Connection>(outbox: EventOutbox<Connection>): TypedOutbox<All, Connection, Extension> {
    return new TypedOutbox(this.schemas, outbox)
  }
}

/** Makes a catalogue of events. */
export function defineCatalogue<const All extends Schemas, const Extension extends string = never>(
  schemas: All,
  _options: CatalogueOptions<Extension> = {},
): Catalogue<All, Extension> {
  return new Catalogue<All, Extension>(schemas)
}

function typeList(types: string | readonly string[]): readonly string[] {
  return typeof types === 'string' ? [types] : types
}
