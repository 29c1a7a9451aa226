import { decodeHeaderValue, readAttributes, toBinary } from '@millrace/cloudevents'
import type { OutgoingRecord } from '@millrace/spi'
import { topicFault } from './check-options.ts'
import { recordRejected } from './errors.ts'
import type { KafkaSinkOptions } from './options.ts'
import { writeZigzag, zigzagBytes } from './varint.ts'

/** Parameters of a target that the sink reads. */
export const parameterNames: readonly string[] = ['topic', 'key', 'partition', 'tombstone', 'headers.*']

/** A record that is ready to be put into a batch. */
export interface PreparedRecord {
  readonly topic: string
  /** Undefined when the key decides, or chance. */
  readonly partition: number | undefined
  readonly key: Uint8Array | undefined
  /** Undefined for a tombstone. */
  readonly value: Uint8Array | undefined
  /** Encoded headers with their count. */
  readonly headers: Uint8Array
  /** Bytes that it takes in a batch, give or take a few. */
  readonly byteCount: number
}

/** Bytes of a record besides key, value and headers, at most. */
const recordOverhead = 22

const structuredType = 'application/cloudevents+json; charset=UTF-8'
const headerPrefix = 'headers.'
const noHeaders = Buffer.from([0])

/** Media types whose encoded header is kept. */
const typesMax = 64

/** Makes records of what delivery hands over, as the options say. */
export class RecordMaker {
  readonly #options: KafkaSinkOptions
  /** Encoded headers that hold a content type and nothing else. */
  readonly #typeHeaders = new Map<string, Uint8Array>()

  constructor(options: KafkaSinkOptions) {
    this.#options = options
  }

  /** Throws `sink.rejected` for values of the event that cannot be written, such as a partition that is no number. */
  make(record: OutgoingRecord): PreparedRecord {
    const { parameters } = record
    const options = this.#options
    const topic = parameters['topic'] ?? options.topic
    if (topic === undefined) {
      throw recordRejected('There is no topic: neither the option topic nor the parameter topic is set.')
    }
    const fault = topic === options.topic ? undefined : topicFault(topic)
    if (fault !== undefined) throw recordRejected(`The parameter topic ${fault}.`, { parameter: 'topic' })
    const { value, headers, key: ownKey } = this.#contentOf(record)
    const key = parameters['key'] ?? ownKey
    const keyBytes = key === undefined ? undefined : Buffer.from(key, 'utf8')
    const kept = parameters['tombstone'] === 'true' ? undefined : value
    const byteCount = recordOverhead + (keyBytes?.length ?? 0) + (kept?.length ?? 0) + headers.length
    if (byteCount > options.recordBytesMax) {
      throw recordRejected(
        `The record has ${byteCount} bytes; recordBytesMax is ${options.recordBytesMax}.`,
        {
          limit: options.recordBytesMax,
          seen: byteCount,
        },
      )
    }
    return { topic, partition: partitionIn(parameters), key: keyBytes, value: kept, headers, byteCount }
  }

  #contentOf(record: OutgoingRecord): Content {
    const { event, body, contentType, parameters } = record
    const { mode } = this.#options
    const own = ownHeaders(parameters)
    if (mode === 'binary') return binaryContent(event, own ?? [])
    const type = mode === 'structured' || body === event ? structuredType : contentType
    const value = mode === 'structured' ? event : body
    const key = mode === 'structured' ? partitionKeyOf(event) : undefined
    if (own === undefined) return { value, headers: this.#typeHeader(type), key }
    const base: [string, string][] = type === undefined ? [] : [['content-type', type]]
    return { value, headers: encodeHeaders(merge(base, own)), key }
  }

  #typeHeader(type: string | undefined): Uint8Array {
    if (type === undefined) return noHeaders
    let encoded = this.#typeHeaders.get(type)
    if (encoded === undefined) {
      encoded = encodeHeaders([['content-type', type]])
      if (this.#typeHeaders.size < typesMax) this.#typeHeaders.set(type, encoded)
    }
    return encoded
  }
}

interface Content {
  readonly value: Uint8Array
  readonly headers: Uint8Array
  /** The extension `partitionkey` of the event, which the binding makes the key. */
  readonly key?: string | undefined
}

function binaryContent(event: Uint8Array, own: readonly [string, string][]): Content {
  const { headers, body } = toBinary(event)
  const named = Object.entries(headers).map(([name, text]): [string, string] =>
    name === 'content-type' ? [name, text] : [`ce_${name.slice(3)}`, decodeHeaderValue(name, text)],
  )
  const key = headers['ce-partitionkey']
  return {
    value: body,
    headers: encodeHeaders(merge(named, own)),
    key: key === undefined ? undefined : decodeHeaderValue('ce-partitionkey', key),
  }
}

function partitionKeyOf(event: Uint8Array): string | undefined {
  const key = readAttributes(event)['partitionkey']
  return typeof key === 'string' ? key : undefined
}

function ownHeaders(parameters: Readonly<Record<string, string>>): [string, string][] | undefined {
  let headers: [string, string][] | undefined
  for (const name in parameters) {
    if (!name.startsWith(headerPrefix)) continue
    headers ??= []
    headers.push([name.slice(headerPrefix.length), parameters[name] ?? ''])
  }
  return headers
}

/** Parameters win over what the sink would write by itself. */
function merge(base: readonly [string, string][], own: readonly [string, string][]): [string, string][] {
  return [...base.filter(([name]) => !own.some(([other]) => other === name)), ...own]
}

function encodeHeaders(headers: readonly [string, string][]): Buffer {
  const encoded = headers.map(([name, value]): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(value)])
  let byteCount = zigzagBytes(headers.length)
  for (const [name, value] of encoded) {
    byteCount += zigzagBytes(name.length) + name.length + zigzagBytes(value.length) + value.length
  }
  const bytes = Buffer.allocUnsafe(byteCount)
  let at = writeZigzag(bytes, 0, headers.length)
  for (const part of encoded.flat()) {
    at = writeZigzag(bytes, at, part.length)
    at += part.copy(bytes, at)
  }
  return bytes
}

function partitionIn({ partition }: Readonly<Record<string, string>>): number | undefined {
  if (partition === undefined || partition === '') return undefined
  if (!/^\d{1,9}$/.test(partition)) {
    throw recordRejected('The parameter partition is no whole number.', { parameter: 'partition' })
  }
  return Number(partition)
}
