import { readAttributes } from '@millrace/cloudevents'
import type { LogEntry } from '@millrace/spi'
import type { Services } from '../services.ts'

/** Newest events of a bus that a search by id looks through. */
export const searchedEventsMax = 1_000_000
/** Events that a search by id finds at most: an id may be used again, and by several sources. */
export const foundEventsMax = 100
/** Events of one period that are looked through, from its beginning. */
export const periodEventsMax = 200_000

/** An event of the log with its context attributes. */
export interface FoundEvent {
  readonly entry: LogEntry
  readonly attributes: Readonly<Record<string, unknown>>
}

const readLimits = { entriesMax: 2_000, bytesMax: 4 * 1024 * 1024 }

/**
 * Events of a bus with one of these ids, and of this source if one is named, oldest first. Ids are looked for as bytes
 * first: almost no event is then looked at closer.
 */
export async function findById(
  services: Services,
  bus: string,
  ids: readonly string[],
  source: string | undefined,
): Promise<FoundEvent[]> {
  const wanted = new Set(ids)
  const needles = ids.map(id => Buffer.from(JSON.stringify(id)))
  const { first, next } = await services.eventLogs.stat(bus)
  const from = Math.max(first, next - searchedEventsMax)
  const found: FoundEvent[] = []
  for await (const entry of entriesFrom(services, bus, from, next)) {
    const bytes = Buffer.from(entry.bytes.buffer, entry.bytes.byteOffset, entry.bytes.byteLength)
    // An event that holds any escape may write its id with escapes, and is looked at closer too.
    if (!needles.some(needle => bytes.includes(needle)) && !bytes.includes('\\')) continue
    const attributes = readAttributes(bytes)
    if (!wanted.has(String(attributes['id']))) continue
    if (source !== undefined && attributes['source'] !== source) continue
    found.push({ entry, attributes })
    if (found.length > foundEventsMax) found.shift()
  }
  return found
}

/** Events accepted from one time to another, both included, oldest first. */
export async function* eventsOfPeriod(
  services: Services,
  bus: string,
  startMs: number,
  endMs: number,
): AsyncGenerator<LogEntry> {
  const from = await services.eventLogs.seek(bus, startMs)
  for await (const entry of entriesFrom(services, bus, from, from + periodEventsMax)) {
    if (entry.acceptedAtMs > endMs) return
    if (entry.acceptedAtMs >= startMs) yield entry
  }
}

async function* entriesFrom(
  services: Services,
  bus: string,
  from: number,
  until: number,
): AsyncGenerator<LogEntry> {
  let position = from
  while (position < until) {
    const entries = await services.eventLogs.read(bus, position, readLimits)
    const last = entries.at(-1)
    if (last === undefined) return
    for (const entry of entries) if (entry.position < until) yield entry
    position = last.position + 1
  }
}
