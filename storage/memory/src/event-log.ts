import type { EventLog, LogEntry, LogStat, NewEntry, ReadLimits } from '@millrace/spi'
import type { Durability } from './durability.ts'

/** The `EventLog` port of the model. */
export class MemoryEventLog implements EventLog {
  readonly #store: Durability

  constructor(store: Durability) {
    this.#store = store
  }

  async append(
    log: string,
    entries: readonly NewEntry[],
    durability: 'durable' | 'relaxed' = 'durable',
  ): Promise<number> {
    const position = this.#store.visible.next(log)
    const copies = copyEntries(entries)
    this.#store.write({ kind: 'append', log, entries: copies }, entryBytes(copies))
    if (durability === 'durable') await this.#store.flushed()
    return position
  }

  async read(log: string, from: number, limits: ReadLimits): Promise<LogEntry[]> {
    this.#store.checkOpen()
    const state = this.#store.visible.logs.get(log)
    if (state === undefined) return []
    const found: LogEntry[] = []
    let bytes = 0
    for (let index = Math.max(0, Math.ceil(from) - state.first); index < state.entries.length; index++) {
      const entry = state.entries[index]
      if (entry === undefined || found.length >= limits.entriesMax) break
      bytes += entry.bytes.length
      if (found.length > 0 && bytes > limits.bytesMax) break
      found.push(copyEntry(entry))
    }
    return found
  }

  async get(log: string, positions: readonly number[]): Promise<(LogEntry | undefined)[]> {
    this.#store.checkOpen()
    const state = this.#store.visible.logs.get(log)
    return positions.map(position => {
      const entry = state?.entries[position - state.first]
      return entry === undefined ? undefined : copyEntry(entry)
    })
  }

  async seek(log: string, acceptedAtMs: number): Promise<number> {
    this.#store.checkOpen()
    const state = this.#store.visible.logs.get(log)
    const found = state?.entries.find(entry => entry.acceptedAtMs >= acceptedAtMs)
    return found?.position ?? this.#store.visible.next(log)
  }

  async trim(log: string, beforePosition: number): Promise<void> {
    this.#store.checkOpen()
    const state = this.#store.visible.logs.get(log)
    if (state === undefined || beforePosition <= state.first) return
    this.#store.write({ kind: 'trim', log, beforePosition }, 0)
  }

  async stat(log: string): Promise<LogStat> {
    this.#store.checkOpen()
    const state = this.#store.visible.logs.get(log)
    const next = this.#store.visible.next(log)
    return { first: state?.first ?? next, next, bytes: state?.bytes ?? 0 }
  }
}

/** Copies that the caller can no longer change. */
export function copyEntries(entries: readonly NewEntry[]): NewEntry[] {
  return entries.map(({ bytes, acceptedAtMs }) => ({ bytes: Uint8Array.from(bytes), acceptedAtMs }))
}

export function entryBytes(entries: readonly NewEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
}

function copyEntry(entry: LogEntry): LogEntry {
  return { ...entry, bytes: Uint8Array.from(entry.bytes) }
}
