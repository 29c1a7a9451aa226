import { type OwnService, useService } from '@millrace/services'
import {
  type OutgoingRecord,
  optionsParser,
  type Sink,
  type Source,
  type SourceRecord,
  systemClock,
  systemRandom,
} from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'

/** What tests need of a broker, shared or private. */
export type Kafka = Pick<OwnService<'kafka'>, 'address' | 'createTopic'>

export const plenty = { recordsMax: 500, bytesMax: 10_000_000 }

/** Long enough for a group to gather, short of the test's own limit. */
export function inTime(): AbortSignal {
  return AbortSignal.timeout(45_000)
}

/** A name that nobody else has. */
export function newName(): string {
  return `kafka-${crypto.randomUUID()}`
}

/** A topic of one's own on the shared broker. */
export async function newTopic(partitions = 1, settings: Record<string, string> = {}): Promise<Topic> {
  const kafka = await useService('kafka')
  const topic = newName()
  await kafka.createTopic(topic, partitions, settings)
  return { bootstrap: kafka.address, topic }
}

export type Topic = Readonly<Record<'bootstrap' | 'topic', string>>

export function openSink(options: Record<string, unknown>, allowPrivateTargets = true): Sink {
  const definition = connector.sink!
  const complete = optionsParser('kafka', definition.options)(options)
  definition.check?.(complete)
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return definition.open(complete, {
    clock: systemClock,
    random: systemRandom(systemClock),
    log,
    allowPrivateTargets,
    fileRoots: [],
    name: 'test',
  })
}

/** Options of a source that begins at the beginning and hears quickly of other members. */
export function sourceOptions(options: Record<string, unknown>): Record<string, unknown> {
  return { group: newName(), start: 'earliest', sessionTimeoutMs: 6_000, fetchWaitMs: 100, ...options }
}

export function openSource(options: Record<string, unknown>): Source {
  return new SourceHost().open(connector, sourceOptions(options))
}

/** A record with a body, as a transform would have made it. */
export function recordOf(body: string, parameters: Record<string, string> = {}): OutgoingRecord {
  return outgoing(body, { body: Buffer.from(body), contentType: undefined, parameters })
}

/** Reads until there are so many records; none is committed. */
export async function gather(source: Source, count: number): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  while (records.length < count) records.push(...(await source.read(plenty, inTime())))
  return records
}

export interface Seen {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly headers: { readonly headers: readonly { key: string; value: string | null }[] }
  readonly key: string | null
  readonly value: unknown
}

/** The data of the event of a record. */
export function seen(record: SourceRecord): Seen {
  return (JSON.parse(Buffer.from(record.event).toString()) as { data: Seen }).data
}
