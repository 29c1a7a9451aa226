import { Block, blockHeaderBytes, readOutline } from './block.ts'
import { corruptError } from './errors.ts'
import type { Segment, SegmentFiles } from './segment-files.ts'

/** Bytes of a file between two places that the index remembers. */
const stepBytes = 65_536
/** Bytes read at once to go from block to block. */
const chunkBytes = 16_384
/** Segments whose index is kept; the one that was used longest ago goes first. */
const indexesMax = 1_024

/** Where some of the blocks of a segment begin, ascending. */
interface Places {
  readonly firsts: number[]
  readonly offsets: number[]
  /** How far the file was looked through, and the position that the block there begins with. */
  seenBytes: number
  seenNext: number
}

/**
 * Finds blocks in segment files. For each segment in use it remembers the place of a block about every 64 KiB, and goes
 * from block to block from there. A segment is looked through when something in it is asked for, and no further.
 */
export class SegmentIndex {
  readonly #files: SegmentFiles
  readonly #places = new Map<string, Places>()

  constructor(files: SegmentFiles) {
    this.#files = files
  }

  /** Reads the block of a segment that holds a position; `storage.corrupt` when it is not where it should be. */
  block(logName: string, segment: Segment, position: number): Block {
    const places = this.#of(segment)
    const step = lastAtOrBelow(places.firsts, position)
    let offset = places.offsets[step] ?? 0
    let chunk = this.#files.read(segment, offset, chunkBytes)
    let chunkOffset = offset
    for (;;) {
      if (offset + blockHeaderBytes > chunkOffset + chunk.length) {
        chunk = this.#files.read(segment, offset, chunkBytes)
        chunkOffset = offset
      }
      const outline = readOutline(chunk, offset - chunkOffset)
      if (outline === undefined || outline.first > position || offset >= segment.bytes) {
        throw corruptError(logName, position, 'there is no block where one should be')
      }
      this.#remember(places, outline.first, outline.first + outline.count, offset, offset + outline.size)
      if (position < outline.first + outline.count) {
        const within = offset + outline.size <= chunkOffset + chunk.length
        const bytes = within
          ? Buffer.from(chunk.subarray(offset - chunkOffset, offset - chunkOffset + outline.size))
          : this.#files.read(segment, offset, outline.size)
        return new Block(logName, segment.log, outline.first, bytes)
      }
      offset += outline.size
    }
  }

  forget(segment: Segment): void {
    this.#places.delete(keyOf(segment))
  }

  #of(segment: Segment): Places {
    const key = keyOf(segment)
    const places = this.#places.get(key) ?? { firsts: [], offsets: [], seenBytes: 0, seenNext: segment.first }
    this.#places.delete(key)
    this.#places.set(key, places)
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= indexesMax) break
      this.#places.delete(oldest)
    }
    return places
  }

  #remember(places: Places, first: number, next: number, offset: number, end: number): void {
    if (offset !== places.seenBytes || first !== places.seenNext) return
    const last = places.offsets.at(-1)
    if (last === undefined || offset - last >= stepBytes) {
      places.firsts.push(first)
      places.offsets.push(offset)
    }
    places.seenBytes = end
    places.seenNext = next
  }
}

function keyOf(segment: Segment): string {
  return `${segment.log}/${segment.first}`
}

/** Index of the last number at or below a value; -1 when there is none. Ascending numbers. */
export function lastAtOrBelow(numbers: readonly number[], value: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
