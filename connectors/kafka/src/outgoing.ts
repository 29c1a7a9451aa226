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
const structuredHeaders = encodeHeaders([['content-type', structuredType]])

/**
 * Makes a record of what delivery hands over. Throws `sink.rejected` for values of the event that cannot be
 * written, such as a partition that is no number.
 */
export function prepareRecord(record: OutgoingRecord, options: KafkaSinkOptions): PreparedRecord {
  const { parameters } = record
  const topic = parameters['topic'] ?? options.topic
  if (topic === undefined) {
    throw recordRejected('There is no topic: neither the option topic nor the parameter topic is set.')
  }
  const fault = topic === options.topic ? undefined : topicFault(topic)
  if (fault !== undefined) throw recordRejected(`The parameter topic ${fault}.`, { parameter: 'topic' })
  const { value, headers, key: ownKey } = contentOf(record, options)
  const key = parameters['key'] ?? ownKey
  const keyBytes = key === undefined ? undefined : Buffer.from(key, 'utf8')
  const kept = parameters['tombstone'] === 'true' ? undefined : value
  const byteCount = recordOverhead + (keyBytes?.length ?? 0) + (kept?.length ?? 0) + headers.length
  if (byteCount > options.recordBytesMax) {
    throw recordRejected(`The record has ${byteCount} bytes; recordBytesMax is ${options.recordBytesMax}.`, {
      limit: options.recordBytesMax,
      seen: byteCount,
    })
  }
  return { topic, partition: partitionIn(parameters), key: keyBytes, value: kept, headers, byteCount }
}

interface Content {
  readonly value: Uint8Array
  readonly headers: Uint8Array
  /** The extension `partitionkey` of the event, which the binding makes the key. */
  readonly key?: string | undefined
}

function contentOf(record: OutgoingRecord, { mode }: KafkaSinkOptions): Content {
  const { event, body, contentType, parameters } = record
  const own = ownHeaders(parameters)
  if (mode === 'binary') {
    const { headers, body: value } = toBinary(event)
    const named = Object.entries(headers).map(([name, text]): [string, string] =>
      name === 'content-type' ? [name, text] : [`ce_${name.slice(3)}`, decodeHeaderValue(name, text)],
    )
    const key = headers['ce-partitionkey']
    return {
      value,
      headers: encodeHeaders(own === undefined ? named : merge(named, own)),
      key: key === undefined ? undefined : decodeHeaderValue('ce-partitionkey', key),
    }
  }
  const isEvent = mode === 'structured' || body === event
  const type = isEvent ? structuredType : contentType
  const value = mode === 'structured' ? event : body
  const key = mode === 'structured' ? partitionKeyOf(event) : undefined
  if (own === undefined) {
    if (isEvent) return { value, headers: structuredHeaders, key }
    return { value, headers: type === undefined ? noHeaders : encodeHeaders([['content-type', type]]), key }
  }
  return {
    value,
    headers: encodeHeaders(merge(type === undefined ? [] : [['content-type', type]], own)),
    key,
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
