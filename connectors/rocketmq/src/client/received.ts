import { createHash } from 'node:crypto'
import { crc32, unzipSync } from 'node:zlib'
import definition, { type Message } from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js'
import type { ReceivedMessage, WireEndpoints } from './calls.ts'

/** Where and when a message was received. */
export interface Reception {
  /** As the subscription has it: a proxy leaves a namespace out of the name that a message has. */
  readonly topic: string
  readonly endpoints: WireEndpoints
  readonly deliveredAtMs: number | undefined
  readonly bodyBytesMax: number
}

/**
 * A message of the protocol as plain data. The library's own view is not used: it throws on bodies that were packed by clients
 * of the older protocol, and one such message then fails the whole batch, for ever.
 */
export function receivedMessage(message: Message, reception: Reception): ReceivedMessage {
  const system = message.getSystemProperties() ?? new definition.SystemProperties()
  const body = unpacked(message, system, reception.bodyBytesMax)
  const properties: Record<string, string> = {}
  for (const [name, value] of message.getUserPropertiesMap().entries()) properties[name] = value
  return {
    receipt: {
      messageId: system.getMessageId(),
      topic: reception.topic,
      handle: system.getReceiptHandle() ?? '',
      endpoints: reception.endpoints,
    },
    ...body,
    tag: system.hasTag() ? system.getTag() : undefined,
    keys: system.getKeysList(),
    messageGroup: system.hasMessageGroup() ? system.getMessageGroup() : undefined,
    bornHost: system.getBornHost(),
    bornAtMs: system.getBornTimestamp()?.toDate().getTime(),
    storedAtMs: system.getStoreTimestamp()?.toDate().getTime(),
    deliveredAtMs: reception.deliveredAtMs,
    dueAtMs: system.getDeliveryTimestamp()?.toDate().getTime(),
    attempt: Math.max(1, system.getDeliveryAttempt() ?? 1),
    queueId: system.getQueueId(),
    queueOffset: system.hasQueueOffset() ? system.getQueueOffset() : undefined,
    traceContext: system.hasTraceContext() ? system.getTraceContext() : undefined,
    properties,
  }
}

type System = NonNullable<ReturnType<Message['getSystemProperties']>>
type Body = Pick<ReceivedMessage, 'body' | 'bodyFault'>

const nothing = new Uint8Array(0)

function unpacked(message: Message, system: System, bytesMax: number): Body {
  const body = message.getBody_asU8()
  if (!isIntact(body, system)) return { body: nothing, bodyFault: 'checksum' }
  if (system.getBodyEncoding() !== definition.Encoding.GZIP) {
    return body.length > bytesMax ? { body: nothing, bodyFault: 'too-large' } : { body }
  }
  try {
    // The protocol calls it GZIP, yet clients of the older one pack with zlib; both are told by their first bytes.
    return { body: unzipSync(body, { maxOutputLength: bytesMax }) }
  } catch (thrown) {
    const isTooLarge = thrown instanceof RangeError
    return { body: nothing, bodyFault: isTooLarge ? 'too-large' : 'packing' }
  }
}

function isIntact(body: Uint8Array, system: System): boolean {
  const digest = system.getBodyDigest()
  const expected = digest?.getChecksum() ?? ''
  if (expected === '') return true
  switch (digest?.getType()) {
    case definition.DigestType.CRC32:
      return crc32Texts(crc32(body)).some(text => sameText(expected, text))
    case definition.DigestType.MD5:
      return sameText(expected, createHash('md5').update(body).digest('hex'))
    case definition.DigestType.SHA1:
      return sameText(expected, createHash('sha1').update(body).digest('hex'))
    default:
      return true
  }
}

/** Clients write the number in hexadecimal or decimal digits, and brokers leave out its first bit. */
function crc32Texts(sum: number): string[] {
  return [sum.toString(16), (sum & 0x7fff_ffff).toString(16), String(sum)]
}

function sameText(one: string, other: string): boolean {
  return one.toLowerCase().padStart(other.length, '0') === other
}
