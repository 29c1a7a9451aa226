import { type EventText, readAttributes } from '@millrace/cloudevents'

/** The attribute by which a producer names the bus. */
export const busAttribute = 'aliyuneventbusname'

/** The bus that an event names; empty when it names none. */
export interface NamedBus {
  readonly name: string
  /** Whether the name of the bus is all that the event has of what the service says, and it begins no trace. */
  readonly isAlone: boolean
}

/**
 * Finds the name of the bus, in the usual case without reading the attributes: the text of an event was found to be
 * valid, so that a quote behind a comma or a brace and before a colon begins the name of a member, and what is no part
 * of `data` is an attribute of the event.
 */
export function namedBus(event: EventText): NamedBus {
  return plainlyNamed(event) ?? slowlyNamed(event)
}

/** The same for every event there may be. */
export function slowlyNamed(event: EventText): NamedBus {
  const attributes = readAttributes(event.bytes)
  const { [busAttribute]: name, traceparent, ...others } = attributes
  const isAlone =
    event.appendable &&
    (traceparent !== undefined) === (event.traceparent !== undefined) &&
    !Object.keys(others).some(other => other.startsWith(servicePrefix))
  return { name: typeof name === 'string' ? name : '', isAlone }
}

/** Names of attributes that begin with this are the service's. */
const servicePrefix = 'aliyun'
const serviceMark = Buffer.from(`"${servicePrefix}`)
const nameMark = Buffer.from(`"${busAttribute}":"`)
const traceMark = Buffer.from('"traceparent"')
const [comma, brace, backslash] = Buffer.from(',{\\')
const quote = 0x22

function plainlyNamed(event: EventText): NamedBus | undefined {
  const { bytes } = event
  if (!event.appendable || !Buffer.isBuffer(bytes)) return undefined
  const at = bytes.indexOf(nameMark)
  if (at < 1 || (bytes[at - 1] !== comma && bytes[at - 1] !== brace)) return undefined
  if (event.data !== undefined && at >= event.data.start && at < event.data.end) return undefined
  const start = at + nameMark.length
  let end = start
  for (; bytes[end] !== quote; end++) {
    const byte = bytes[end]
    // Escapes and what is not ASCII are the slow way's.
    if (byte === undefined || byte === backslash || byte >= 0x80) return undefined
  }
  // The bus is mostly the only extension; where it is not, nothing may look like one of the service's or like a trace.
  if (event.extensionCount > 1 && mayHaveOthers(event, bytes, at)) return undefined
  return { name: bytes.toString('latin1', start, end), isAlone: true }
}

function mayHaveOthers({ traceparent }: EventText, bytes: Buffer, at: number): boolean {
  if (bytes.indexOf(serviceMark) !== at || bytes.indexOf(serviceMark, at + 1) >= 0) return true
  return traceparent === undefined && bytes.indexOf(traceMark) >= 0
}
