import type { LogLine, LogQuery, LogRingLimits, NewLogLine } from './log-ring.ts'
import { LogRing } from './log-ring.ts'
import { tail } from './tail.ts'

export interface FunctionLogsLimits extends LogRingLimits {
  /** All functions together; the function that was silent for longest loses its lines first. */
  readonly totalBytesMax: number
}

export const defaultLogsLimits: FunctionLogsLimits = {
  linesMax: 5_000,
  bytesMax: 1_024 * 1_024,
  totalBytesMax: 64 * 1_024 * 1_024,
}

/** What functions have written lately, by function, in memory. */
export class FunctionLogs {
  readonly #limits: FunctionLogsLimits
  readonly #rings = new Map<string, LogRing>()
  /** Lines of the server's own that wait for the output before them. */
  #soon: { key: string; line: NewLogLine }[] = []
  #bytes = 0

  constructor(limits: FunctionLogsLimits = defaultLogsLimits) {
    this.#limits = limits
  }

  append(key: string, line: NewLogLine): void {
    const ring = this.#ring(key)
    const before = ring.bytes
    ring.append(line)
    this.#bytes += ring.bytes - before
    if (this.#bytes > this.#limits.totalBytesMax) this.#shrink(key)
  }

  /**
   * Appends the line at the end of the event loop's turn. What the code wrote before its answer lies in another pipe
   * than the answer, but is there when the answer is: it is read in the same turn, so it comes to stand before.
   */
  appendSoon(key: string, line: NewLogLine): void {
    this.#soon.push({ key, line })
    if (this.#soon.length === 1) setImmediate(() => this.#appendAll())
  }

  /** The lines of a request that has ended, once all of them are there. */
  async settled(key: string, requestId: string): Promise<LogLine[]> {
    await new Promise(resolve => setImmediate(resolve))
    return this.read(key, { requestId })
  }

  read(key: string, query: LogQuery): LogLine[] {
    this.#appendAll()
    return this.#rings.get(key)?.read(query) ?? []
  }

  tail(key: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    return tail(this.#ring(key), query, signal)
  }

  /** The function is gone. Readers of its tail wait for their signal. */
  forget(key: string): void {
    this.#appendAll()
    this.#bytes -= this.#rings.get(key)?.bytes ?? 0
    this.#rings.delete(key)
  }

  #appendAll(): void {
    const soon = this.#soon
    this.#soon = []
    for (const { key, line } of soon) this.append(key, line)
  }

  #ring(key: string): LogRing {
    const found = this.#rings.get(key)
    if (found !== undefined) return found
    const ring = new LogRing(this.#limits)
    this.#rings.set(key, ring)
    return ring
  }

  #shrink(spared: string): void {
    const byAge = [...this.#rings].sort(([, left], [, right]) => left.lastAtMs - right.lastAtMs)
    for (const [key, ring] of byAge) {
      if (key === spared || this.#bytes <= this.#limits.totalBytesMax) continue
      this.#bytes -= ring.bytes
      ring.clear()
    }
  }
}
