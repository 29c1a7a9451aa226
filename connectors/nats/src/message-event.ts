import { contentModeOf, scanBinary, scanStructured } from '@millrace/cloudevents'
import {
  type AppError,
  bodyJson,
  type BodyForm,
  type SourceContext,
  sourceEvent,
  toAppError,
} from '@millrace/spi'
import type { Delivery } from './delivery.ts'

/** The parts of a message that an event is made of. */
export interface Message {
  readonly subject: string
  readonly data: Uint8Array
  /** Names as they came, with all their values. */
  readonly headers: Iterable<readonly [string, readonly string[]]> | undefined
}

/** What all messages of one source have in common. */
export interface MessageOrigin {
  readonly context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>
  readonly mode: 'message' | 'cloudevents'
  readonly bodyForm: BodyForm
}

/** Events that messages carry are not larger than this, in bytes; larger ones are passed on as messages. */
const eventBytesMax = 64 * 1_024 * 1_024

interface MadeEvent {
  readonly event: Uint8Array
  readonly id: string
  readonly fault?: AppError
}

/** Message → event. A body that is not in the form comes as base64, with the fault. */
export function messageEvent(message: Message, delivery: Delivery, origin: MessageOrigin): MadeEvent {
  const headers = Object.fromEntries(
    [...(message.headers ?? [])].map(([name, values]) => [name, values.join(', ')]),
  )
  if (origin.mode === 'cloudevents') {
    const carried = carriedEvent(headers, message.data)
    if (carried !== undefined) return carried
  }
  const { account, region, instance, name } = origin.context
  const { stream, sequence, count, takenAtMs: timeMs } = delivery
  const { body, fault } = bodyOf(message.data, origin.bodyForm)
  const envelope = { stream, subject: message.subject, sequence, deliveryCount: count, headers }
  const id = `${stream}:${sequence}`
  const event = sourceEvent({
    id,
    source: name,
    type: 'nats:JetStream:PublishMessage',
    subject: `acs:nats:${region}:${account}:/instances/${instance}/streams/${stream}/subjects/${message.subject}`,
    timeMs,
    data: `${JSON.stringify(envelope).slice(0, -1)},"body":${body}}`,
  })
  return fault === undefined ? { event, id } : { event, id, fault }
}

/**
 * The event of a message that follows the NATS binding of CloudEvents 1.0: `ce-` headers beside the data, or the whole event as
 * JSON, which needs no header. Undefined for any other message, also for one that only claims to be an event.
 */
function carriedEvent(given: Readonly<Record<string, string>>, data: Uint8Array): MadeEvent | undefined {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    // As HTTP has them, one character for each byte: for senders that do not encode what is not ASCII.
    headers[name.toLowerCase()] = Buffer.from(value).toString('latin1')
  }
  const { 'ce-datacontenttype': dataType, ...rest } = headers
  // Both ways to tell the type of the data are in use.
  if (dataType !== undefined) rest['content-type'] ??= dataType
  const limits = { eventBytesMax }
  try {
    if (rest['ce-specversion'] !== undefined) {
      const { bytes, id } = scanBinary(rest, data, limits)
      return { event: bytes, id }
    }
    const type = rest['content-type']
    if (type !== undefined && contentModeOf(type) !== 'structured') return undefined
    const { bytes, id } = scanStructured(data, limits)
    // Small messages are cut out of larger pieces of memory, which would live as long as they do.
    return { event: Buffer.from(bytes), id }
  } catch {
    return undefined
  }
}

function bodyOf(data: Uint8Array, form: BodyForm): { body: string; fault?: AppError } {
  try {
    return { body: bodyJson(data, form) }
  } catch (thrown) {
    return { body: bodyJson(data, 'binary'), fault: toAppError(thrown) }
  }
}
