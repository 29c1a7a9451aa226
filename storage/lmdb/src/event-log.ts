import {
  checkStorageKey,
  type EventLog,
  type LogEntry,
  type LogStat,
  type NewEntry,
  type ReadLimits,
} from '@millrace/spi'
import type { Logs } from './logs.ts'
import type { Writer } from './writer.ts'

/** The `EventLog` port. Every append is durable when it resolves, `relaxed` ones as well: both share the group commit. */
export class LmdbEventLog implements EventLog {
  readonly #logs: Logs
  readonly #writer: Writer
  readonly #checkOpen: () => void

  constructor(logs: Logs, writer: Writer, checkOpen: () => void) {
    this.#logs = logs
    this.#writer = writer
    this.#checkOpen = checkOpen
  }

  async append(log: string, entries: readonly NewEntry[]): Promise<number> {
    checkStorageKey(log)
    let bytes = 0
    for (const entry of entries) bytes += entry.bytes.length
    return this.#writer.submit({
      bytes,
      needs: 'growth',
      stage: batch => this.#logs.append(batch, log, entries),
    })
  }

  async read(log: string, from: number, limits: ReadLimits): Promise<LogEntry[]> {
    this.#checkOpen()
    const state = this.#logs.find(log)
    if (state === undefined) return []
    const { first, next } = state.known
    const found: LogEntry[] = []
    let bytes = 0
    for (let position = Math.max(first, Math.ceil(from)); position < next; ) {
      const block = this.#logs.blockAt(state, position)
      for (; position < block.next; position++) {
        if (found.length >= limits.entriesMax) return found
        const entry = block.entry(position)
        if (entry === undefined) return found
        bytes += entry.bytes.length
        if (found.length > 0 && bytes > limits.bytesMax) return found
        found.push(entry)
      }
    }
    return found
  }

  async get(log: string, positions: readonly number[]): Promise<(LogEntry | undefined)[]> {
    this.#checkOpen()
    const state = this.#logs.find(log)
    if (state === undefined) return positions.map(() => undefined)
    const { first, next } = state.known
    let block: ReturnType<Logs['blockAt']> | undefined
    return positions.map(position => {
      if (!(position >= first && position < next)) return undefined
      if (block === undefined || position < block.first || position >= block.next) {
        block = this.#logs.blockAt(state, position)
      }
      return block.entry(position)
    })
  }

  async seek(log: string, acceptedAtMs: number): Promise<number> {
    this.#checkOpen()
    const state = this.#logs.find(log)
    if (state === undefined) return 1
    const { first, next, acceptedAtMsMax } = state.known
    if (acceptedAtMsMax < acceptedAtMs) return next
    // Each block knows the latest time up to its end, which never falls from block to block even where a clock did.
    let low = first
    let high = next
    while (low < high) {
      const block = this.#logs.blockAt(state, Math.floor((low + high) / 2), false)
      if (block.acceptedAtMsMax >= acceptedAtMs) high = Math.max(low, block.first)
      else low = block.next
    }
    // It is in this block, unless what made the latest time so late was trimmed.
    for (let position = low; position < next; ) {
      const block = this.#logs.blockAt(state, position, false)
      for (let index = position - block.first; index < block.count; index++) {
        if (block.acceptedAtMs(index) >= acceptedAtMs) return block.first + index
      }
      position = block.next
    }
    return next
  }

  async trim(log: string, beforePosition: number): Promise<void> {
    this.#checkOpen()
    const state = await this.#writer.submit({
      bytes: 0,
      needs: 'none',
      alone: true,
      stage: batch => {
        const found = this.#logs.find(log)
        if (found !== undefined) this.#logs.trim(batch, found, beforePosition)
        return found
      },
    })
    if (state !== undefined) await this.#logs.sweep(state)
  }

  async stat(log: string): Promise<LogStat> {
    this.#checkOpen()
    const mark = this.#logs.find(log)?.known
    if (mark === undefined) return { first: 1, next: 1, bytes: 0 }
    return { first: mark.first, next: mark.next, bytes: mark.bytesBeforeNext - mark.bytesBeforeFirst }
  }
}
