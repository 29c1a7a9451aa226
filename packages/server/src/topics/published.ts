import { type EventText, scanStructured } from '@millrace/cloudevents'
import { AppError, retryNever } from '@millrace/spi'
import type { TopicSpec } from '../resources/index.ts'

/** A named value beside the body. */
export interface PublishedProperty {
  readonly name: string
  readonly value: string
  readonly type: string
}

/** What a publisher gives to a topic. */
export interface NewPublication {
  readonly body: Uint8Array
  /** Subscriptions with a filter get only what has exactly their tag. */
  readonly tag?: string
  /** Carried over to queues. */
  readonly properties?: readonly PublishedProperty[]
}

/** A message of a topic on its way to the subscriptions. */
export interface Publication extends NewPublication {
  readonly id: string
  readonly topic: string
  readonly publishedAtMs: number
}

/** Longest tag, in characters. */
export const tagLengthMax = 16

/** Room for the largest message as base64, with its properties. */
export const publicationBytesMax = 1_048_576

/** Attributes by which the rules of the hidden bus are found; the engine's own names, which nobody else can write. */
export const topicAttribute = 'millracetopic'
export const tagAttribute = 'millracetag'

/** Throws `topic.message-invalid` and `topic.message-too-large`. */
export function checkPublication({ body, tag, properties }: NewPublication, spec: TopicSpec): void {
  if (tag !== undefined && (tag.length === 0 || tag.length > tagLengthMax)) {
    throw new AppError(
      'topic.message-invalid',
      `a tag has from 1 to ${tagLengthMax} characters, not ${tag.length}`,
      retryNever,
      { details: { limit: tagLengthMax, seen: tag.length } },
    )
  }
  let bytes = body.length
  for (const { name, value, type } of properties ?? []) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + type.length
  }
  if (bytes <= spec.messageBytesMax) return
  throw new AppError(
    'topic.message-too-large',
    `the message has ${bytes} bytes, the topic takes at most ${spec.messageBytesMax}`,
    retryNever,
    { details: { limit: spec.messageBytesMax, seen: bytes } },
  )
}

/** The message as an event of the hidden bus. */
export function encodePublication({
  id,
  topic,
  tag,
  publishedAtMs,
  properties,
  body,
}: Publication): EventText {
  const head = JSON.stringify({
    specversion: '1.0',
    id,
    source: 'millrace:topics',
    type: 'millrace.topic.published',
    time: new Date(publishedAtMs).toISOString(),
    [topicAttribute]: topic,
    ...(tag === undefined ? {} : { [tagAttribute]: tag }),
    ...(properties === undefined || properties.length === 0
      ? {}
      : { millraceproperties: JSON.stringify(properties) }),
    datacontenttype: 'application/octet-stream',
  })
  const data = Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64')
  return scanStructured(Buffer.from(`${head.slice(0, -1)},"data_base64":"${data}"}`), {
    eventBytesMax: publicationBytesMax,
  })
}

/** Reads a message back. Nobody else writes to the hidden bus. */
export function decodePublication(event: Uint8Array): Publication {
  const fields = JSON.parse(Buffer.from(event.buffer, event.byteOffset, event.length).toString()) as Record<
    string,
    string
  >
  const { [tagAttribute]: tag, millraceproperties: properties } = fields
  return {
    id: fields['id'] ?? '',
    topic: fields[topicAttribute] ?? '',
    publishedAtMs: Date.parse(fields['time'] ?? ''),
    body: Buffer.from(fields['data_base64'] ?? '', 'base64'),
    ...(tag === undefined ? {} : { tag }),
    ...(properties === undefined ? {} : { properties: JSON.parse(properties) as PublishedProperty[] }),
  }
}
