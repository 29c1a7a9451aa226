import { createHash } from 'node:crypto'
import { contentModeOf, encodeHeaderValue, scanBinary, scanStructured } from '@millrace/cloudevents'
import {
  AppError,
  bodyJson,
  type BodyForm,
  retryNever,
  type SourceContext,
  sourceEvent,
  toAppError,
} from '@millrace/spi'
import type { IPublishPacket } from 'mqtt'

/** What all messages of one source have in common. */
export interface MessageOrigin {
  readonly context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name' | 'random'>
  /** Of the session: with it and the packet's number a message is known again. */
  readonly clientId: string
  readonly mode: 'message' | 'cloudevents'
  readonly bodyForm: BodyForm
  readonly idProperty: string
  readonly messageBytesMax: number
}

export interface MessageEvent {
  readonly event: Uint8Array
  readonly id: string
  readonly fault?: AppError
}

/** What the server sends; the client's types leave the number of the packet open. */
export type Message = Pick<
  IPublishPacket,
  'topic' | 'payload' | 'qos' | 'dup' | 'retain' | 'properties' | 'messageId'
>

/** Message → event in the shape of section 8.6, or the event that it carries. A body that cannot be used comes with the fault. */
export function messageEvent(message: Message, origin: MessageOrigin, nowMs: number): MessageEvent {
  const payload = Buffer.from(message.payload)
  const { messageBytesMax } = origin
  if (payload.length > messageBytesMax) {
    return { ...enveloped(message, origin, nowMs, 'null'), fault: tooLarge(payload.length, messageBytesMax) }
  }
  if (origin.mode === 'cloudevents') {
    const carried = carriedEvent(message, payload)
    if (carried !== undefined) return carried
  }
  try {
    return enveloped(message, origin, nowMs, bodyJson(payload, origin.bodyForm))
  } catch (thrown) {
    return { ...enveloped(message, origin, nowMs, bodyJson(payload, 'binary')), fault: toAppError(thrown) }
  }
}

function enveloped(
  message: Message,
  origin: MessageOrigin,
  nowMs: number,
  body: string,
): { event: Uint8Array; id: string } {
  const { account, region, instance, name } = origin.context
  const { topic } = message
  const id = idOf(message, origin)
  const event = sourceEvent({
    id,
    source: name,
    type: 'mqtt:Topic:SendMessage',
    subject: `acs:mqtt:${region}:${account}:instances/${instance}/topics/${topic}`,
    timeMs: nowMs,
    data: `{"props":${JSON.stringify(propsOf(message))},"body":${body}}`,
  })
  return { event, id }
}

function propsOf({ topic, qos, dup, retain, properties = {} }: Message): Record<string, unknown> {
  const slash = topic.indexOf('/')
  const { contentType, responseTopic, correlationData, messageExpiryInterval, userProperties } = properties
  return {
    topic,
    firstTopic: slash < 0 ? topic : topic.slice(0, slash),
    secondTopic: slash < 0 ? '' : topic.slice(slash),
    qos,
    redelivered: dup,
    retained: retain,
    contentType,
    responseTopic,
    correlationData: correlationData?.toString('base64'),
    messageExpirySeconds: messageExpiryInterval,
    userProperties: { ...userProperties },
  }
}

/**
 * The publisher's id. Without one, what stays the same when the server sends a message again: session, number of the packet
 * and content. A message that is not confirmed is never sent again.
 */
function idOf(
  { topic, payload, qos, properties, messageId = 0 }: Message,
  { clientId, idProperty, context }: MessageOrigin,
): string {
  const given = single(properties?.userProperties?.[idProperty])
  if (given !== undefined && given !== '') return given
  if (qos === 0) return context.random.id()
  const hash = createHash('sha256').update(JSON.stringify([clientId, messageId, topic]))
  return hash.update(payload).digest('base64url').slice(0, 32)
}

/** Reads a message by the MQTT protocol binding of CloudEvents 1.0; `undefined` for one that carries no valid event. */
function carriedEvent({ properties = {} }: Message, payload: Buffer): MessageEvent | undefined {
  const { contentType, userProperties = {} } = properties
  const limits = { eventBytesMax: payload.length + attributesBytesMax }
  try {
    const mode = contentModeOf(contentType)
    if (mode === 'structured') {
      const { bytes, id } = scanStructured(payload, limits)
      return { event: bytes, id }
    }
    if (mode !== 'binary' || userProperties['specversion'] === undefined) return undefined
    const headers = contentType === undefined ? {} : { 'content-type': contentType }
    const { bytes, id } = scanBinary({ ...headers, ...attributesOf(userProperties) }, payload, limits)
    return { event: bytes, id }
  } catch {
    // It only looks like an event; as a message nothing of it is lost.
    return undefined
  }
}

/** Room for the attributes of a binary event beside its data, and for what base64 adds to it. */
const attributesBytesMax = 1_048_576

/** In this binding attributes have no prefix. What cannot be the name of one is somebody else's property. */
function attributesOf(userProperties: Readonly<Record<string, string | string[]>>): Record<string, string> {
  const named = Object.entries(userProperties).filter(([name]) => /^[a-z0-9]+$/.test(name))
  return Object.fromEntries(
    named.map(([name, value]) => [`ce-${name}`, encodeHeaderValue(single(value) ?? '')]),
  )
}

/** A user property may stand there several times; the first one counts. */
function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function tooLarge(seen: number, limit: number): AppError {
  return new AppError(
    'record.too-large',
    `the body has ${seen} bytes; messageBytesMax is ${limit}`,
    retryNever,
    { details: { limit, seen } },
  )
}
