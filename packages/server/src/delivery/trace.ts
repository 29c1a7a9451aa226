import type { EventLog } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import { journalLog } from '../resources/index.ts'
import { decodeJournal, type JournalEntry, journalPrefix } from './journal.ts'

/** Journal entries that one trace looks through at most, from the acceptance of the event on. */
export const traceEntriesMax = 1_000_000

const readLimits = { entriesMax: 2_000, bytesMax: 4 * 1024 * 1024 }

/**
 * What became of an event, oldest first: read from the journal, from the moment at which the event was accepted (from
 * its beginning when the event is gone from the log). The journal has no index: it is for people, and entries of one
 * event stand close together unless it is retried for long.
 */
export async function traceEvent(
  bus: string,
  position: number,
  logs: EventLogs,
  log: EventLog,
): Promise<JournalEntry[]> {
  const journal = journalLog(bus)
  const [entry] = await logs.get(bus, [position])
  const prefix = journalPrefix(position)
  const found: JournalEntry[] = []
  let from = entry === undefined ? 1 : await log.seek(journal, entry.acceptedAtMs)
  for (let seen = 0; seen < traceEntriesMax; ) {
    const entries = await log.read(journal, from, readLimits)
    const last = entries.at(-1)
    if (last === undefined) break
    for (const { bytes } of entries) {
      if (startsWith(bytes, prefix)) found.push(decodeJournal(bytes))
    }
    seen += entries.length
    from = last.position + 1
  }
  return found
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false
  for (let index = 0; index < prefix.length; index++) if (bytes[index] !== prefix[index]) return false
  return true
}
