import { decodeHeaderValue, toBinary } from '@millrace/cloudevents'
import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { IClientPublishOptions } from 'mqtt'
import type { MqttSinkOptions } from './options.ts'
import { textBytesMax, topicFault } from './topics.ts'

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = [
  'topic',
  'subTopic',
  'retain',
  'contentType',
  'messageExpirySeconds',
  'responseTopic',
  'correlationData',
  'userProperties',
  'headers.*',
]

/** How one record is published. */
export interface Publication {
  readonly topic: string
  readonly payload: Buffer
  readonly retain: boolean
  readonly properties: NonNullable<IClientPublishOptions['properties']>
}

const structuredType = 'application/cloudevents+json; charset=utf-8'

/** What a record's parameters and the options make of it. Throws `sink.rejected` for values that MQTT cannot carry. */
export function publication(record: OutgoingRecord, options: MqttSinkOptions): Publication {
  const { parameters } = record
  const content = contentOf(record, options)
  const contentType = parameters['contentType'] ?? content.contentType
  const { responseTopic, correlationData } = parameters
  const expiry = expiryOf(parameters['messageExpirySeconds'], options)
  const userProperties = {
    ...content.attributes,
    ...mapOf(parameters['userProperties']),
    ...headersOf(parameters),
  }
  for (const [name, value] of Object.entries(userProperties)) {
    short(`headers.${name}`, name)
    short(`headers.${name}`, value)
  }
  return {
    topic: topicOf(parameters, options),
    payload: Buffer.from(content.body.buffer, content.body.byteOffset, content.body.length),
    retain: flag(parameters['retain']) ?? options.retain,
    properties: {
      ...(contentType === undefined ? {} : { contentType: short('contentType', contentType) }),
      ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
      ...(responseTopic === undefined ? {} : { responseTopic: topic('responseTopic', responseTopic) }),
      ...(correlationData === undefined
        ? {}
        : { correlationData: Buffer.from(short('correlationData', correlationData)) }),
      // The client drops a packet with an empty set without a word.
      ...(Object.keys(userProperties).length === 0 ? {} : { userProperties }),
    },
  }
}

/** Bytes of the packet on the wire at most: what the server says that it takes is held against it (section 3.3). */
export function packetBytesMax({ topic: name, payload, properties }: Publication): number {
  const { contentType = '', responseTopic = '', correlationData, userProperties = {} } = properties
  const texts = [name, contentType, responseTopic, ...Object.entries(userProperties).flat(2)]
  const bytes = texts.reduce((sum, text) => sum + 3 + Buffer.byteLength(text), 0)
  // Head, number, lengths and the expiry.
  return bytes + payload.length + (correlationData?.length ?? 0) + 24
}

interface Content {
  readonly body: Uint8Array
  readonly contentType: string | undefined
  readonly attributes?: Readonly<Record<string, string>>
}

function contentOf({ event, body, contentType }: OutgoingRecord, { mode }: MqttSinkOptions): Content {
  if (mode === 'structured') return { body: event, contentType: structuredType }
  if (mode === 'body') return { body, contentType: body === event ? structuredType : contentType }
  const { headers, body: data } = toBinary(event)
  const { 'content-type': type, ...named } = headers
  const attributes = Object.entries(named).map(([name, text]) => [
    name.slice('ce-'.length),
    decodeHeaderValue(name, text),
  ])
  return {
    body: data,
    contentType: type,
    attributes: Object.fromEntries(attributes) as Record<string, string>,
  }
}

function topicOf(parameters: Readonly<Record<string, string>>, options: MqttSinkOptions): string {
  const base = parameters['topic'] ?? options.topic
  const below = parameters['subTopic'] ?? ''
  if (base === undefined) throw rejected('topic', 'is missing, and so is the option topic')
  // Written with or without the slash between them.
  return topic('topic', below === '' ? base : `${base.replace(/\/$/, '')}/${below.replace(/^\//, '')}`)
}

function topic(name: string, value: string): string {
  const fault = topicFault(value)
  if (fault !== undefined) throw rejected(name, fault)
  return value
}

function expiryOf(text: string | undefined, options: MqttSinkOptions): number | undefined {
  if (text === undefined) return options.messageExpirySeconds
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 1 && value <= 4_294_967_295) return value
  throw rejected('messageExpirySeconds', 'is not a whole number from 1 to 4294967295')
}

function flag(text: string | undefined): boolean | undefined {
  if (text === undefined || text === 'true' || text === 'false')
    return text === undefined ? text : text === 'true'
  throw rejected('retain', 'is neither true nor false')
}

function headersOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(parameters).filter(([name]) => name.startsWith('headers.'))
  return Object.fromEntries(named.map(([name, value]) => [name.slice('headers.'.length), value]))
}

/** Several user properties at once, as the text of a JSON object; what is no text stands there as its JSON. */
function mapOf(text: string | undefined): Record<string, string> {
  if (text === undefined || text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw rejected('userProperties', 'is not the text of a JSON object')
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, member]) => [
      name,
      typeof member === 'string' ? member : JSON.stringify(member),
    ]),
  )
}

function short(name: string, value: string): string {
  const bytes = Buffer.byteLength(value)
  if (bytes <= textBytesMax && !value.includes('\u0000')) return value
  throw rejected(name, `has ${bytes} bytes, at most ${textBytesMax} are allowed, and none of them zero`)
}

function rejected(name: string, what: string): AppError {
  return new AppError('sink.rejected', `parameter ${name} ${what}`, retryNever, {
    details: { path: `parameters.${name}` },
  })
}
