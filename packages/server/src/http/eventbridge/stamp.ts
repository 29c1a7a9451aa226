import {
  type EventText,
  readAttributes,
  replaceAttributes,
  ResolvedOptions,
  scanStructured,
} from '@millrace/cloudevents'
import { engineAttributePrefix } from '../../ingest/index.ts'
import { requestBytesMax } from './read-events.ts'

/** The attribute by which a producer names the bus. */
export const busAttribute = 'aliyuneventbusname'

/** What the service says of an event that it accepts (section 4.2). */
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
 * The event with the service's attributes, which win over a producer's of the same names. They are stamped on
 * acceptance, so that patterns see them at routing and targets get them without anything being added later.
 */
export function stamped(event: EventText, stamps: Stamps, traceparent: string | undefined): EventText {
  const bytes = replaceAttributes(
    event.bytes,
    {
      [busAttribute]: stamps.bus,
      aliyunpublishtime: new Date(stamps.publishedAtMs).toISOString(),
      aliyunaccountid: stamps.account,
      aliyunoriginalaccountid: stamps.account,
      aliyunregionid: stamps.region,
      aliyunpublishaddr: stamps.peer,
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    name => name === 'aliyuneventid',
  )
  return scanStructured(bytes, stampedOptions)
}

/** The bus that an event names; empty when it names none. */
export function busNameOf(event: EventText): string {
  const name = readAttributes(event.bytes)[busAttribute]
  return typeof name === 'string' ? name : ''
}
