import { optionsParser, type Outcome, type Sink, type Source, systemClock } from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'

export const limits = { recordsMax: 100, bytesMax: 1_000_000 }

/** Long enough for a server that starts again. */
export const inTime = (): AbortSignal => AbortSignal.timeout(30_000)

export function openSource(options: object, context: object = {}): Source {
  const source = connector.source!
  const complete = optionsParser('nats', source.options)(options)
  source.check?.(complete)
  return source.open(complete, { ...new SourceHost().context, ...context })
}

export function openSink(options: object, context: object = {}): Sink {
  const sink = connector.sink!
  const complete = optionsParser('nats', sink.options)(options)
  sink.check?.(complete)
  return sink.open(complete, { ...new SourceHost().context, clock: systemClock, ...context })
}

/** Writes a record until it is taken, as delivery does. */
export async function insist(sink: Sink, id: string): Promise<void> {
  const signal = inTime()
  for (let attempt = 1; ; attempt++) {
    const [outcome] = await sink.write([outgoing(id, { attempt })], signal)
    if (outcome?.status === 'ok') return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Reads and commits until so many ids were seen, as a stream does; counts how often each was. */
export async function readAll(
  source: Source,
  count: number,
  seen = new Map<string, number>(),
): Promise<Map<string, number>> {
  const signal = inTime()
  while (seen.size < count) {
    try {
      const records = await source.read(limits, signal)
      for (const { id } of records) seen.set(id, (seen.get(id) ?? 0) + 1)
      await source.commit(records)
    } catch (error) {
      if (signal.aborted) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  return seen
}

export const codeOf = (outcome: Outcome | undefined): string =>
  outcome?.status === 'failed' ? outcome.error.code : 'ok'
