import {
  encodeAttributes,
  type EventText,
  replaceAttributes,
  ResolvedOptions,
  scanStructured,
} from '@millrace/cloudevents'
import { engineAttributePrefix } from '../../ingest/index.ts'
import { busAttribute, type NamedBus } from './bus-name.ts'
import { requestBytesMax } from './read-events.ts'
import { StampedEvent } from './stamped-event.ts'

/** What the service says of the events that it accepts from one request (section 4.2). */
export interface Stamps {
  readonly bus: string
  readonly account: string
  readonly region: string
  readonly publishedAtMs: number
  readonly peer: string
}

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
  readonly #added: Buffer
  readonly #addedCount: number

  constructor(stamps: Stamps) {
    const added = {
      aliyunpublishtime: new Date(stamps.publishedAtMs).toISOString(),
      aliyunaccountid: stamps.account,
      aliyunoriginalaccountid: stamps.account,
      aliyunregionid: stamps.region,
      aliyunpublishaddr: stamps.peer,
    }
    this.#values = { [busAttribute]: stamps.bus, ...added }
    this.#added = encodeAttributes(added)
    this.#addedCount = Object.keys(added).length
  }

  /**
   * `named` is what was found of the event, which names the bus of the stamps. `traceparent` wins over the event's.
   */
  stamp(event: EventText, named: NamedBus, traceparent: string | undefined): EventText {
    const isPlain = named.isAlone && (traceparent === undefined || event.traceparent === undefined)
    if (!isPlain) return this.stampSlowly(event, traceparent)
    const trace = traceparent === undefined ? '' : `,"traceparent":"${traceparent}"`
    const names = this.#addedCount + (traceparent === undefined ? 0 : 1)
    const bytes = appended(event.bytes, trace, this.#added)
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

/**
 * The text with more members in the place of its closing brace: those of `ascii`, which has nothing that is to be escaped,
 * and those of `end`, closing brace included. One copy, since this is done for every event that is published.
 */
function appended(bytes: Uint8Array, ascii: string, end: Buffer): Buffer {
  const kept = bytes.length - 1
  const result = Buffer.allocUnsafe(kept + ascii.length + end.length)
  result.set(bytes.subarray(0, kept))
  result.write(ascii, kept, 'latin1')
  result.set(end, kept + ascii.length)
  return result
}
