import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { OutgoingMessage } from './client/index.ts'

/** Names of parameters, as the catalogue and the check of rules know them. */
export const parameterNames = [
  'topic',
  'tags',
  'keys',
  'messageGroup',
  'shardingKey',
  'deliveryTime',
  'delayMs',
  'properties',
  'properties.*',
] as const

/** Keys of one message; a server takes so many bytes of them that more are a mistake. */
const keysMax = 64

/**
 * What a record becomes. An empty parameter is as good as none.
 *
 * @throws AppError `sink.rejected` when a parameter cannot become part of a message
 */
export function outgoingMessage(
  record: OutgoingRecord,
  topicOfOptions: string | undefined,
  nowMs: number,
): OutgoingMessage {
  const value = (name: string): string | undefined =>
    record.parameters[name] === '' ? undefined : record.parameters[name]
  const topic = value('topic') ?? topicOfOptions
  if (topic === undefined) throw refused('topic', 'is missing, and the options name no topic either')
  if (!/^[%|A-Za-z0-9_-]{1,127}$/.test(topic)) throw refused('topic', 'is no name of a topic')
  if (record.body.length === 0) {
    throw new AppError('sink.rejected', 'The body is empty, which RocketMQ does not take.', retryNever)
  }
  const messageGroup = value('messageGroup') ?? value('shardingKey')
  const deliverAtMs = deliveryOf(value('deliveryTime'), value('delayMs'), nowMs)
  if (messageGroup !== undefined && deliverAtMs !== undefined) {
    throw refused('messageGroup', 'does not go with a time of delivery')
  }
  const tag = value('tags')
  return {
    topic,
    body: record.body,
    keys: keysOf(value('keys')),
    properties: propertiesOf(record.parameters),
    ...(tag === undefined ? {} : { tag }),
    ...(messageGroup === undefined ? {} : { messageGroup }),
    ...(deliverAtMs === undefined ? {} : { deliverAtMs }),
  }
}

function keysOf(text: string | undefined): string[] {
  const keys = (text ?? '').split(/\s+/).filter(key => key !== '')
  if (keys.length > keysMax) throw refused('keys', `has ${keys.length} keys; ${keysMax} are the limit`)
  return keys
}

function deliveryOf(time: string | undefined, delay: string | undefined, nowMs: number): number | undefined {
  if (time !== undefined && delay !== undefined) throw refused('delayMs', 'does not go with deliveryTime')
  if (time !== undefined) {
    const atMs = /^\d{1,16}$/.test(time) ? Number(time) : Date.parse(time)
    if (!Number.isFinite(atMs)) {
      throw refused('deliveryTime', 'is neither a time of RFC 3339 nor milliseconds since the epoch')
    }
    return atMs
  }
  if (delay === undefined) return undefined
  if (!/^\d{1,13}$/.test(delay)) throw refused('delayMs', 'is no number of milliseconds')
  return delay === '0' ? undefined : nowMs + Number(delay)
}

/** Those of the JSON object `properties`, and over them `properties.NAME`. */
function propertiesOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const properties: Record<string, string> = {}
  const whole = parameters['properties']
  for (const [name, value] of Object.entries(whole === undefined || whole === '' ? {} : objectOf(whole))) {
    properties[name] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  for (const [parameter, value] of Object.entries(parameters)) {
    if (parameter.startsWith('properties.')) properties[parameter.slice('properties.'.length)] = value
  }
  if ('' in properties) throw refused('properties', 'has a property without a name')
  return properties
}

function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Said below: the parser's message quotes the text.
  }
  throw refused('properties', 'is no JSON object')
}

function refused(parameter: string, fault: string): AppError {
  return new AppError('sink.rejected', `The parameter ${parameter} ${fault}.`, retryNever, {
    details: { parameter },
  })
}
