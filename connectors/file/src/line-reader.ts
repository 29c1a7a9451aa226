import type { FileHandle } from 'node:fs/promises'

/** Bytes that one call of the system reads. */
const chunkBytes = 262_144

const newline = 0x0a
const carriageReturn = 0x0d

/** One line of a file, without its end. */
export interface Line {
  /** `undefined` for a line that is longer than the limit: nothing is kept of it. */
  readonly bytes: Buffer | undefined
  /** Bytes of the line. */
  readonly length: number
  /** Where it begins in the file. */
  readonly start: number
  /** Where the next one begins. */
  readonly end: number
}

/** Reads a file line by line from an offset on. Holds one chunk and one line at most; blank lines are passed over. */
export class LineReader {
  readonly #handle: FileHandle
  readonly #lineBytesMax: number
  /** Pieces of the line that has begun, unless it is too long. */
  #pieces: Buffer[] = []
  /** Where the line that has begun begins. */
  #start: number
  #end: number

  constructor(handle: FileHandle, offset: number, lineBytesMax: number) {
    this.#handle = handle
    this.#lineBytesMax = lineBytesMax
    this.#start = offset
    this.#end = offset
  }

  /** Up to where the file has been read. */
  get end(): number {
    return this.#end
  }

  /** The lines that end in the next chunk, perhaps none; `undefined` at the end of the file. */
  async next(): Promise<Line[] | undefined> {
    const { buffer, bytesRead } = await this.#handle.read(
      Buffer.allocUnsafe(chunkBytes),
      0,
      chunkBytes,
      this.#end,
    )
    return bytesRead === 0 ? undefined : this.#split(buffer.subarray(0, bytesRead))
  }

  /** What stands behind the last end of a line, as a line: for a file that nobody writes to any more. */
  rest(): Line | undefined {
    return this.#end === this.#start ? undefined : this.#finish(this.#end, this.#end)
  }

  #split(chunk: Buffer): Line[] {
    const lines: Line[] = []
    const base = this.#end
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, at), base + at)
      const line = this.#finish(base + at, base + at + 1)
      if (line !== undefined) lines.push(line)
      from = at + 1
    }
    this.#add(chunk.subarray(from), base + chunk.length)
    this.#end = base + chunk.length
    return lines
  }

  #add(piece: Buffer, until: number): void {
    if (until - this.#start > this.#lineBytesMax + 1) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(piece)
  }

  #finish(contentEnd: number, end: number): Line | undefined {
    const start = this.#start
    const [only] = this.#pieces
    const joined = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#start = end
    // One byte more than allowed was kept, for it may be the first half of an end of a line.
    const bytes = joined.at(-1) === carriageReturn ? joined.subarray(0, -1) : joined
    const length = contentEnd - start - (joined.length - bytes.length)
    if (length > this.#lineBytesMax) return { bytes: undefined, length, start, end }
    return isBlank(bytes) ? undefined : { bytes, length, start, end }
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 0x20 || byte === 0x09)
}
