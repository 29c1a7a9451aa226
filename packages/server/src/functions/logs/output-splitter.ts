/** A line of output before it has a time and a place. */
export interface OutputLine {
  /** `undefined` when the output carries no mark: written by a child process, or by native code. */
  readonly requestId: string | undefined
  /** `platform`: about the output, not of it. */
  readonly stream: 'stdout' | 'stderr' | 'platform'
  readonly text: string
}

/** Longer lines are cut into several (function-compute section 10.1). */
const lineBytesMax = 32 * 1_024
/** Unfinished lines of different requests that are kept at once; the oldest is given out as it is. */
const openLinesMax = 256
/** `<request id> <stream>` between the two bytes of a mark. */
const markBytesMax = 132
const markStart = 0x1e
const markEnd = 0x1f
const lineFeed = 0x0a

/**
 * Takes the bytes of an instance's standard output apart: into marks, which say whose output follows, and lines.
 * A mark is `0x1E <request id> <space> <o or e> 0x1F`; the empty mark `0x1E 0x1F` ends what belongs to it. A `0x1E`
 * that begins no mark is text. Memory is bounded by the limits above whatever comes in.
 */
export class OutputSplitter {
  readonly #plainStream: OutputLine['stream']
  readonly #emit: (line: OutputLine) => void
  readonly #open = new Map<string, Buffer>()
  #requestId: string | undefined
  #stream: OutputLine['stream']
  /** The beginning of a mark whose end has not come yet. */
  #cut: Buffer | undefined

  /** `stream` names what has no mark: whether this is the first or the second output of the process. */
  constructor(stream: OutputLine['stream'], emit: (line: OutputLine) => void) {
    this.#plainStream = stream
    this.#stream = stream
    this.#emit = emit
  }

  push(chunk: Buffer): void {
    let rest = this.#cut === undefined ? chunk : Buffer.concat([this.#cut, chunk])
    this.#cut = undefined
    let searchFrom = 0
    for (;;) {
      const start = rest.indexOf(markStart, searchFrom)
      if (start === -1) break
      const end = rest.subarray(start, start + markBytesMax).indexOf(markEnd)
      if (end === -1 && rest.length - start < markBytesMax) {
        this.#text(rest.subarray(0, start))
        this.#cut = Buffer.from(rest.subarray(start))
        return
      }
      const mark = end === -1 ? undefined : parseMark(rest.toString('latin1', start + 1, start + end))
      if (mark === undefined) {
        searchFrom = start + 1
        continue
      }
      this.#text(rest.subarray(0, start))
      this.#requestId = mark.requestId
      this.#stream = mark.stream ?? this.#plainStream
      rest = rest.subarray(start + end + 1)
      searchFrom = 0
    }
    this.#text(rest)
  }

  /** The output has ended, or some of it is left out: gives out what has no line feed, and forgets the mark. */
  end(): void {
    if (this.#cut !== undefined) this.#text(this.#cut)
    this.#cut = undefined
    this.#requestId = undefined
    this.#stream = this.#plainStream
    for (const key of this.#open.keys()) this.#flush(key)
  }

  #text(bytes: Buffer): void {
    if (bytes.length === 0) return
    const key = `${this.#stream} ${this.#requestId ?? ''}`
    const before = this.#open.get(key)
    const all = before === undefined ? bytes : Buffer.concat([before, bytes])
    if (before !== undefined) this.#open.delete(key)
    // By positions: a view of the bytes for each line would be most of what a flood of short lines costs.
    let start = 0
    for (;;) {
      const end = all.indexOf(lineFeed, start)
      const length = (end === -1 ? all.length : end) - start
      if (length > lineBytesMax) {
        this.#line(key, all, start, start + lineBytesMax)
        start += lineBytesMax
        continue
      }
      if (end === -1) break
      this.#line(key, all, start, end)
      start = end + 1
    }
    if (start === all.length) return
    this.#open.set(key, Buffer.from(all.subarray(start)))
    if (this.#open.size > openLinesMax) this.#flush(this.#open.keys().next().value as string)
  }

  #flush(key: string): void {
    const bytes = this.#open.get(key)
    this.#open.delete(key)
    if (bytes !== undefined) this.#line(key, bytes, 0, bytes.length)
  }

  #line(key: string, bytes: Buffer, start: number, end: number): void {
    const requestId = key.slice(7)
    this.#emit({
      requestId: requestId === '' ? undefined : requestId,
      stream: key.startsWith('stdout') ? 'stdout' : 'stderr',
      text: bytes.toString('utf8', start, end),
    })
  }
}

interface Mark {
  readonly requestId: string | undefined
  readonly stream: OutputLine['stream'] | undefined
}

const endMark: Mark = { requestId: undefined, stream: undefined }

function parseMark(text: string): Mark | undefined {
  if (text === '') return endMark
  const match = /^([A-Za-z0-9_-]{0,128}) ([oe])$/.exec(text)
  if (match === null) return undefined
  const requestId = match[1] === '' ? undefined : match[1]
  return { requestId, stream: match[2] === 'o' ? 'stdout' : 'stderr' }
}
