import { compile } from '@millrace/pattern'
import type { LogEntry } from '@millrace/spi'
import type { LiveMessage } from '../live-stream.ts'
import type { Services } from '../services.ts'

/** Whether an event is wanted. */
export type EventFilter = (bytes: Uint8Array) => boolean

/** One reading of the log for a tail or a list. */
export const readLimits = { entriesMax: 500, bytesMax: 1_048_576 }

/** The filter of a pattern, as rules have it; without one everything is wanted. Throws what `compile` throws. */
export function eventFilter(pattern: string | undefined): EventFilter {
  if (pattern === undefined) return () => true
  const matcher = compile<string>([['', pattern]])
  return bytes => matcher.match(bytes).length > 0
}

/**
 * The events of a bus from a position on, and then those that come, until the signal aborts or the bus is deleted.
 * Reads from the log, not from a queue of its own: a slow reader misses nothing that retention keeps.
 */
export async function* tailEvents(
  services: Services,
  bus: string,
  from: number,
  filter: EventFilter,
  signal: AbortSignal,
): AsyncGenerator<LiveMessage> {
  const { eventLogs, resources } = services
  let position = from
  let wake = Promise.withResolvers<void>()
  const call = (): void => wake.resolve()
  signal.addEventListener('abort', call)
  using _appended = eventLogs.onAppended(appended => {
    if (appended === bus) call()
  })
  using _changed = resources.snapshots.subscribe(next => {
    if (!next.buses.has(bus)) call()
  })
  try {
    while (!signal.aborted && resources.snapshots.current().buses.has(bus)) {
      // Taken before reading: what is appended while we read wakes us at once.
      wake = Promise.withResolvers<void>()
      const entries = await eventLogs.read(bus, position, readLimits)
      for (const entry of entries) {
        if (filter(entry.bytes)) yield message(entry)
        position = entry.position + 1
        if (signal.aborted) return
      }
      if (entries.length === 0 && !signal.aborted) await wake.promise
    }
  } finally {
    signal.removeEventListener('abort', call)
  }
}

function message({ position, bytes }: LogEntry): LiveMessage {
  return {
    id: String(position),
    data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
  }
}
