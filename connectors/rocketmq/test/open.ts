import {
  type ConnectorContext,
  optionsParser,
  type Sink,
  type Source,
  type SourceRecord,
  systemClock,
} from '@millrace/spi'
import { eventOf, seededRandom, SourceHost } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'

type Options = Readonly<Record<string, unknown>>

/** Lines of the log, for tests that look at them. */
export class Lines {
  readonly seen: { readonly message: string; readonly fields: unknown }[] = []
  readonly log = {
    debug: (message: string, fields?: unknown): void => void this.seen.push({ message, fields }),
    info: (message: string, fields?: unknown): void => void this.seen.push({ message, fields }),
    warn: (message: string, fields?: unknown): void => void this.seen.push({ message, fields }),
    error: (message: string, fields?: unknown): void => void this.seen.push({ message, fields }),
  }
}

/** Opens a source as the platform does. */
export function openSource(options: Options, change: Partial<ConnectorContext> = {}): Source {
  const definition = connector.source
  if (definition === undefined) throw new Error('there is no source')
  const complete = optionsParser('rocketmq', definition.options)(options)
  definition.check?.(complete)
  return definition.open(complete, { ...new SourceHost().context, ...change })
}

/** Opens a sink as the platform does. */
export function openSink(options: Options, change: Partial<ConnectorContext> = {}): Sink {
  const definition = connector.sink
  if (definition === undefined) throw new Error('there is no sink')
  const complete = optionsParser('rocketmq', definition.options)(options)
  definition.check?.(complete)
  return definition.open(complete, {
    clock: systemClock,
    random: seededRandom(1),
    log: new Lines().log,
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'test',
    ...change,
  })
}

const plenty = { recordsMax: 100, bytesMax: 10_000_000 }

/** Reads until there are so many records. */
export async function gather(source: Source, count: number, withinMs = 30_000): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  const signal = AbortSignal.timeout(withinMs)
  while (records.length < count) records.push(...(await source.read(plenty, signal)))
  return records
}

export interface MessageData {
  readonly topic: string
  readonly systemProperties: Readonly<Record<string, unknown>>
  readonly userProperties: Readonly<Record<string, string>>
  readonly body: unknown
  readonly msgId: string
}

export function dataOf(record: SourceRecord | undefined): MessageData {
  if (record === undefined) throw new Error('there is no record')
  return eventOf(record.event).data as MessageData
}
