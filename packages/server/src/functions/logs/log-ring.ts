/** One line of a function's log. */
export interface LogLine {
  /** Grows by one from line to line of a function, since the server started. */
  readonly sequence: number
  readonly atMs: number
  readonly requestId: string | undefined
  readonly instanceId: string
  /** `platform`: written by the server about the function. */
  readonly stream: 'stdout' | 'stderr' | 'platform'
  readonly text: string
}

export type NewLogLine = Omit<LogLine, 'sequence'>

export interface LogRingLimits {
  readonly linesMax: number
  readonly bytesMax: number
}

/** A line costs its text and about this much besides. */
const lineOverheadBytes = 128

/** The newest lines of one function. The oldest give way when a limit is reached. */
export class LogRing {
  readonly #limits: LogRingLimits
  readonly #listeners = new Set<(line: LogLine) => void>()
  /** Those before the oldest kept line are gone: removing from the front of an array costs its length. */
  #lines: (LogLine | undefined)[] = []
  /** Index of the oldest kept line. */
  #first = 0
  #bytes = 0
  #next = 1
  #lastAtMs = 0

  constructor(limits: LogRingLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Time of the newest line; 0 before the first. */
  get lastAtMs(): number {
    return this.#lastAtMs
  }

  append(line: NewLogLine): void {
    this.#lastAtMs = line.atMs
    const kept: LogLine = { sequence: this.#next++, ...line }
    this.#lines.push(kept)
    this.#bytes += size(kept)
    while (this.#bytes > this.#limits.bytesMax || this.#lines.length - this.#first > this.#limits.linesMax) {
      this.#bytes -= size(this.#lines[this.#first] as LogLine)
      this.#lines[this.#first++] = undefined
    }
    if (this.#first > 1_024 && this.#first * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#first)
      this.#first = 0
    }
    for (const listener of this.#listeners) listener(kept)
  }

  /** The newest `limit` lines that fit, oldest first. */
  read(query: LogQuery): LogLine[] {
    const limit = query.limit ?? 1_000
    const found: LogLine[] = []
    for (let index = this.#lines.length - 1; index >= this.#first && found.length < limit; index--) {
      const line = this.#lines[index] as LogLine
      if (query.after !== undefined && line.sequence <= query.after) break
      if (query.requestId === undefined || line.requestId === query.requestId) found.push(line)
    }
    return found.reverse()
  }

  /** Called for each new line, until disposed. */
  listen(listener: (line: LogLine) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  clear(): void {
    this.#lines = []
    this.#first = 0
    this.#bytes = 0
  }
}

export interface LogQuery {
  readonly requestId?: string
  /** Only lines with a greater sequence. */
  readonly after?: number
  /** Default 1,000. */
  readonly limit?: number
}

function size(line: LogLine): number {
  return line.text.length + lineOverheadBytes
}
