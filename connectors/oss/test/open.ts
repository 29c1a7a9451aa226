import { optionsParser, type Outcome, type Sink, type Source, systemClock } from '@millrace/spi'
import { eventOf, SourceHost } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'

export const limits = { recordsMax: 1_000, bytesMax: 10_000_000 }
export const inTime = (): AbortSignal => AbortSignal.timeout(50_000)

export function openSink(options: object, allowPrivateTargets = true): Sink {
  const sink = connector.sink!
  const { context } = new SourceHost()
  const parsed = optionsParser('oss', sink.options)(options)
  return sink.open(parsed, { ...context, clock: systemClock, allowPrivateTargets })
}

export const codeOf = (outcome: Outcome | undefined): unknown =>
  outcome?.status === 'failed' ? outcome.error.code : outcome?.status

export interface Seen {
  readonly id: string
  readonly type: unknown
  readonly data: Readonly<Record<string, unknown>>
  readonly fault: string | undefined
}

/** Reads and commits until there are so many events. */
export async function take(source: Source, count: number): Promise<Seen[]> {
  const seen: Seen[] = []
  while (seen.length < count) {
    const records = await source.read(limits, inTime())
    await source.commit(records)
    for (const { id, event, fault } of records) {
      const { type, data } = eventOf(event)
      seen.push({ id, type, data: data as Seen['data'], fault: fault?.code })
    }
  }
  return seen
}
