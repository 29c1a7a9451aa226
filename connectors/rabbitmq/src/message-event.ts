import {
  type AppError,
  bodyJson,
  type BodyForm,
  type SourceContext,
  sourceEvent,
  toAppError,
} from '@millrace/spi'
import type { ConsumeMessage } from 'amqplib'

/** What all messages of one queue have in common. */
export interface MessageOrigin {
  readonly context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>
  readonly virtualHost: string
  readonly queue: string
  readonly bodyForm: BodyForm
}

/** Message → event in the shape of section 8.6. A body that is not in the form comes as base64, with the fault. */
export function messageEvent(
  { fields, properties, content }: ConsumeMessage,
  origin: MessageOrigin,
  id: string,
  nowMs: number,
): { readonly event: Uint8Array; readonly fault?: AppError } {
  const { account, region, instance, name } = origin.context
  const { body, fault } = bodyOf(content, origin.bodyForm)
  const envelope = {
    deliveryTag: fields.deliveryTag,
    exchange: fields.exchange,
    redeliver: fields.redelivered,
    routingKey: fields.routingKey,
  }
  const event = sourceEvent({
    id,
    source: name,
    type: 'amqp:Queue:SendMessage',
    subject: `acs:amqp:${region}:${account}:/instances/${instance}/vhosts/${origin.virtualHost}/queues/${origin.queue}`,
    timeMs: takenAtMs(properties.timestamp) ?? nowMs,
    data: `{"envelope":${JSON.stringify(envelope)},"body":${body},"props":${JSON.stringify(properties, plain)}}`,
  })
  return fault === undefined ? { event } : { event, fault }
}

/** When the publisher made the message, if it says so; AMQP counts seconds. */
export function takenAtMs(timestamp: unknown): number | undefined {
  const isTime = typeof timestamp === 'number' && timestamp > 0 && timestamp < 8_640_000_000_000
  return isTime ? timestamp * 1_000 : undefined
}

function bodyOf(content: Buffer, form: BodyForm): { body: string; fault?: AppError } {
  try {
    return { body: bodyJson(content, form) }
  } catch (thrown) {
    return { body: bodyJson(content, 'binary'), fault: toAppError(thrown) }
  }
}

/** Headers may hold what JSON does not have: bytes become base64, long numbers their digits. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (!isBufferJson(value)) return value
  return Buffer.from(value.data).toString('base64')
}

/** Buffers reach a replacer as what their own `toJSON` made of them. */
function isBufferJson(value: unknown): value is { data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Reflect.get(value, 'type') === 'Buffer' &&
    Array.isArray(Reflect.get(value, 'data'))
  )
}
