import { readAttributes } from '@millrace/cloudevents'
import type { EventLogs } from '../eventlog/index.ts'
import type { BusView } from '../resources/index.ts'
import { DedupTable, dedupKey } from './dedup-table.ts'

/** Events remembered per bus at most: about 150 bytes each. Beyond it the oldest are forgotten, and counted. */
export const dedupEntriesMax = 1_000_000

/**
 * The tables of all buses that de-duplicate. A table is built from the tail of the bus's log when it is first needed,
 * and again when the bus's window has grown beyond what the table covers.
 */
export class Dedup {
  readonly #logs: EventLogs
  readonly #entriesMax: number
  readonly #tables = new Map<string, Promise<DedupTable>>()
  readonly #windows = new Map<string, number>()

  constructor(logs: EventLogs, entriesMax = dedupEntriesMax) {
    this.#logs = logs
    this.#entriesMax = entriesMax
  }

  /** The table of a bus; `undefined` where de-duplication is off. Rejects when the log cannot be read. */
  table(bus: BusView, nowMs: number): Promise<DedupTable> | undefined {
    const windowMs = bus.spec.dedupWindowMs
    if (windowMs === 0) {
      this.#tables.delete(bus.key)
      return undefined
    }
    const known = this.#tables.get(bus.key)
    if (known !== undefined && (this.#windows.get(bus.key) ?? 0) >= windowMs) return known
    const built = rebuild(this.#logs, bus.key, windowMs, this.#entriesMax, nowMs)
    this.#tables.set(bus.key, built)
    this.#windows.set(bus.key, windowMs)
    // A failed build must not be remembered: the next call tries again.
    built.catch(() => this.#tables.delete(bus.key))
    return built
  }
}

/** Reads the log's tail within the window, at most as many entries as the table holds. */
async function rebuild(
  logs: EventLogs,
  bus: string,
  windowMs: number,
  entriesMax: number,
  nowMs: number,
): Promise<DedupTable> {
  const table = new DedupTable(windowMs, entriesMax)
  await logs.open(bus)
  const sinceWindow = await logs.seek(bus, nowMs - windowMs)
  const end = logs.next(bus)
  let from = Math.max(sinceWindow, end - entriesMax)
  while (from < end) {
    const entries = await logs.read(bus, from, { entriesMax: 1_000, bytesMax: 4 * 1024 * 1024 })
    const last = entries.at(-1)
    if (last === undefined) break
    for (const entry of entries) {
      const { source, id } = readAttributes(entry.bytes)
      const { acceptedAtMs, position } = entry
      table.add(dedupKey(String(source), String(id)), { acceptedAtMs, position, appended: undefined })
    }
    from = last.position + 1
  }
  return table
}
