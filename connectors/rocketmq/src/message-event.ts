import { AppError, type BodyForm, bodyJson, retryNever, sourceEvent, toAppError } from '@millrace/spi'
import type { ReceivedMessage } from './client/index.ts'

/** Where a message was read, for the names in its event. */
export interface MessageOrigin {
  readonly account: string
  readonly region: string
  readonly instance: string
  /** Name of the stream. */
  readonly stream: string
  readonly topic: string
  readonly bodyForm: BodyForm
  readonly bodyBytesMax: number
}

export interface MessageEvent {
  readonly event: Uint8Array
  readonly id: string
  readonly fault: AppError | undefined
}

/**
 * A message as an event, in the shape of section 8.6. Of a message that cannot be used, the event shows its names and
 * properties, and as its body what there is as base64, or null.
 */
export function messageEvent(message: ReceivedMessage, origin: MessageOrigin): MessageEvent {
  const { body, fault } = bodyOf(message, origin)
  const id = message.receipt.messageId
  const data = `{"topic":${JSON.stringify(origin.topic)},"systemProperties":${JSON.stringify(systemProperties(message, origin))},"userProperties":${JSON.stringify(message.properties)},"body":${body},"msgId":${JSON.stringify(id)}}`
  const event = sourceEvent({
    id,
    source: origin.stream,
    type: 'mq:Topic:SendMessage',
    subject: `acs:mq:${origin.region}:${origin.account}:${origin.instance}%${origin.topic}`,
    timeMs: message.bornAtMs ?? message.storedAtMs ?? message.deliveredAtMs ?? 0,
    data,
  })
  return { event, id, fault }
}

function bodyOf(
  message: ReceivedMessage,
  { bodyForm, bodyBytesMax }: MessageOrigin,
): { readonly body: string; readonly fault: AppError | undefined } {
  switch (message.bodyFault) {
    case 'too-large': {
      const text = `the body has more than the ${bodyBytesMax} bytes that recordBytesMax allows`
      return { body: 'null', fault: new AppError('record.too-large', text, retryNever) }
    }
    case 'checksum':
      return { body: 'null', fault: malformed('the body does not fit its checksum') }
    case 'packing':
      return { body: 'null', fault: malformed('the body is packed in a way that cannot be unpacked') }
    case undefined:
  }
  try {
    return { body: bodyJson(message.body, bodyForm), fault: undefined }
  } catch (thrown) {
    return { body: bodyJson(message.body, 'binary'), fault: toAppError(thrown) }
  }
}

function malformed(text: string): AppError {
  return new AppError('record.malformed', text, retryNever)
}

/** Names and forms as they have been seen: all texts, but for `CONSUME_START_TIME`. What a proxy does not tell is absent. */
function systemProperties(message: ReceivedMessage, { instance }: MessageOrigin): Record<string, unknown> {
  const { keys, tag, messageGroup, bornHost, bornAtMs, deliveredAtMs, dueAtMs, attempt, queueOffset } =
    message
  return {
    UNIQ_KEY: message.receipt.messageId,
    INSTANCE_ID: instance,
    ...(keys.length === 0 ? {} : { KEYS: keys.join(' ') }),
    ...(tag === undefined ? {} : { TAGS: tag }),
    ...(messageGroup === undefined ? {} : { __SHARDINGKEY: messageGroup }),
    ...(bornHost === '' ? {} : { BORN_HOST: bornHost }),
    ...(bornAtMs === undefined ? {} : { BORN_TIMESTAMP: String(bornAtMs) }),
    ...(dueAtMs === undefined ? {} : { TIMER_DELIVER_MS: String(dueAtMs) }),
    RECONSUME_TIMES: String(attempt - 1),
    ...(deliveredAtMs === undefined ? {} : { CONSUME_START_TIME: deliveredAtMs }),
    QUEUE_ID: String(message.queueId),
    ...(queueOffset === undefined ? {} : { QUEUE_OFFSET: String(queueOffset) }),
  }
}
