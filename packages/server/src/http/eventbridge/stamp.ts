import {
  encodeAttributes,
  type EventText,
  readAttributes,
  replaceAttributes,
  ResolvedOptions,
  scanStructured,
  withAttributes,
} from '@millrace/cloudevents'
import { engineAttributePrefix } from '../../ingest/index.ts'
import { requestBytesMax } from './read-events.ts'
import { StampedEvent } from './stamped-event.ts'

/** The attribute by which a producer names the bus. */
export const busAttribute = 'aliyuneventbusname'

/** What the service says of the events that it accepts from one request (section 4.2). */
export interface Stamps {
  readonly bus: string
  readonly account: string
  readonly region: string
  readonly publishedAtMs: number
  readonly peer: string
}

/** The attributes of one event by name. */
export type Attributes = ReturnType<typeof readAttributes>

/** Room for the stamps: the text was judged without them. */
const stampedOptions = new ResolvedOptions({
  eventBytesMax: requestBytesMax + 4_096,
  extensionsMax: 96,
  tolerant: true,
  watchPrefix: engineAttributePrefix,
})

/**
 * Gives the events of one request the service's attributes, which win over a producer's of the same names. They are
 * stamped on acceptance, so that patterns see them at routing and targets get them without anything being added later.
 */
export class Stamper {
  readonly #values: Readonly<Record<string, string>>
  /** What is added to an event that has nothing but the name of the bus: encoded once for all of them. */
  readonly #added: string
  readonly #addedNames: readonly string[]

  constructor(stamps: Stamps) {
    const added = {
      aliyunpublishtime: new Date(stamps.publishedAtMs).toISOString(),
      aliyunaccountid: stamps.account,
      aliyunoriginalaccountid: stamps.account,
      aliyunregionid: stamps.region,
      aliyunpublishaddr: stamps.peer,
    }
    this.#values = { [busAttribute]: stamps.bus, ...added }
    this.#added = encodeAttributes(added).toString()
    this.#addedNames = Object.keys(added)
  }

  /**
   * `attributes` are those of the event, which names the bus of the stamps. `traceparent` is for an event that has none.
   */
  stamp(event: EventText, attributes: Attributes, traceparent: string | undefined): EventText {
    const isPlain =
      event.appendable &&
      !this.#addedNames.some(name => name in attributes) &&
      !(eventIdAttribute in attributes) &&
      (traceparent === undefined || !('traceparent' in attributes))
    if (!isPlain) return this.stampSlowly(event, traceparent)
    // Hexadecimal digits and dashes: nothing in it is to be escaped.
    const added = traceparent === undefined ? this.#added : `,"traceparent":"${traceparent}"${this.#added}`
    const names = this.#addedNames.length + (traceparent === undefined ? 0 : 1)
    const bytes = withAttributes(event.bytes, Buffer.from(added))
    return new StampedEvent(event, bytes, { extensionCount: event.extensionCount + names, traceparent })
  }

  /** The same for every event there may be: its members are copied one by one, and the text is judged again. */
  stampSlowly(event: EventText, traceparent: string | undefined): EventText {
    const values = { ...this.#values, ...(traceparent === undefined ? {} : { traceparent }) }
    const bytes = replaceAttributes(event.bytes, values, name => name === eventIdAttribute)
    return scanStructured(bytes, stampedOptions)
  }
}

/** The service gives no id of its own; a producer's is not passed on. */
const eventIdAttribute = 'aliyuneventid'

/** The bus that an event names; empty when it names none. */
export function busNameOf(attributes: Attributes): string {
  const name = attributes[busAttribute]
  return typeof name === 'string' ? name : ''
}
