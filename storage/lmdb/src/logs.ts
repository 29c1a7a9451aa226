import type { NewEntry } from '@millrace/spi'
import { Block, blockEnd, encodeBlock } from './block.ts'
import { BlockCache } from './block-cache.ts'
import { corruptError } from './errors.ts'
import { emptyMark, type LogMark, markBytes, readMark } from './log-mark.ts'
import { recoverLog } from './log-recovery.ts'
import { type Names, numberBytes } from './names.ts'
import type { Segment, SegmentFiles } from './segment-files.ts'
import { SegmentIndex } from './segment-index.ts'
import type { Tables } from './tables.ts'
import type { Batch, FileParticipant } from './writer.ts'

/** A file is followed by another when it has an eighth of the log's bytes, but not below and not above these. */
const segmentBytesMin = 1_048_576
const segmentBytesMax = 67_108_864
const segmentPart = 8
/** Bytes appended between two marks in LMDB at most: what an open has to look through for each log. */
const markIntervalBytes = 8_388_608
/** Under this name LMDB has the number of the last group that was committed in both places. */
const groupKey = 'group'

/** A log in memory: where it stands on disk, and where it will when the group under way is there. */
export interface LogState {
  readonly name: string
  readonly number: number
  /** On disk and visible. */
  known: LogMark
  ahead: LogMark
  /** Files, ascending; the last one is appended to. */
  segments: Segment[]
  /** Entries of the group under way, and the blocks made of them. */
  gathered: NewEntry[]
  sealed: Block[]
  /** What the group under way writes, and behind what. */
  writing: { readonly segment: Segment; readonly buffers: Buffer[] } | undefined
  /** Bytes appended since LMDB was last told where the log stands. */
  unmarkedBytes: number
}

/**
 * All logs of a store. The appends of one group become blocks at the end of each log's last file. A group that touches
 * one log and nothing else needs no more than that write; any other is committed by LMDB after its files are on the
 * disk, and its blocks name the group, so that they do not count when that commit is missing after a crash.
 */
export class Logs implements FileParticipant {
  readonly #tables: Tables
  readonly #names: Names
  readonly #files: SegmentFiles
  readonly #index: SegmentIndex
  readonly #cache: BlockCache
  readonly #states = new Map<string, LogState>()
  readonly #touched = new Set<LogState>()
  #group: number
  #bytes = 0

  constructor(tables: Tables, names: Names, files: SegmentFiles, cacheBytesMax: number) {
    this.#tables = tables
    this.#names = names
    this.#files = files
    this.#index = new SegmentIndex(files)
    this.#cache = new BlockCache(cacheBytesMax)
    this.#group = tables.names.get(groupKey)?.readDoubleLE() ?? 0
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#bytes
  }

  /** Brings every log to the end of what counts, and removes the files of logs that never came to be. */
  async recover(): Promise<void> {
    const known = this.#names.all('log')
    const numbers = new Set(known.values())
    for (const number of await this.#files.logs())
      if (!numbers.has(number)) await this.#files.removeLog(number)
    for (const [name, number] of known) {
      const bytes = this.#tables.marks.get(number)
      const mark = bytes === undefined ? emptyMark : readMark(bytes)
      const recovered = await recoverLog(this.#files, name, number, mark, this.#group)
      this.#keep(name, number, recovered.mark).segments = recovered.segments
      for (const segment of recovered.segments) this.#bytes += segment.bytes
    }
  }

  /** A log that exists. */
  find(name: string): LogState | undefined {
    return this.#states.get(name)
  }

  /** Gathers entries for the group under way and returns the position of the first. */
  append(batch: Batch, name: string, entries: readonly NewEntry[]): number {
    if (entries.length === 0) return this.find(name)?.ahead.next ?? 1
    const state = this.find(name) ?? this.#keep(name, this.#names.make(batch, 'log', name), emptyMark)
    const position = state.ahead.next
    for (const entry of entries) state.gathered.push(entry)
    state.ahead = { ...state.ahead, next: position + entries.length }
    this.#touched.add(state)
    return position
  }

  /** Stages a trim; the group under way must hold nothing else. Its files are removed afterwards, with `sweep`. */
  trim(batch: Batch, state: LogState, beforePosition: number): void {
    const { known } = state
    const first = Math.min(Math.ceil(beforePosition), known.next)
    if (first <= known.first) return
    const bytesBeforeFirst =
      first === known.next ? known.bytesBeforeNext : this.blockAt(state, first).bytesBeforePosition(first)
    // An empty log lets go of its last file, too.
    const ending = first === known.next ? { segmentFirst: 0, segmentBytes: 0 } : {}
    state.ahead = { ...known, ...ending, first, bytesBeforeFirst }
    batch.put(this.#tables.marks, state.number, markBytes(state.ahead))
    this.#touched.add(state)
  }

  /** Removes the files of a log that lie below its first entry. */
  async sweep(state: LogState): Promise<void> {
    const { first, segmentFirst } = state.known
    const isBelow = (segment: Segment, index: number): boolean =>
      segmentFirst === 0 ? segment.first < first : (state.segments[index + 1]?.first ?? Infinity) <= first
    const swept = state.segments.filter(isBelow)
    state.segments = state.segments.slice(swept.length)
    for (const segment of swept) {
      this.#bytes -= segment.bytes
      this.#index.forget(segment)
      await this.#files.remove(segment)
    }
  }

  /** The block that holds a retained position. `cached` false keeps a passing reader from displacing others' blocks. */
  blockAt(state: LogState, position: number, cached = true): Block {
    const found = this.#cache.find(state.number, position)
    if (found !== undefined) return found
    const segment = segmentOf(state.segments, position)
    if (segment === undefined) throw corruptError(state.name, position, 'its file is missing')
    const block = this.#index.block(state.name, segment, position)
    if (cached) this.#cache.add(state.number, block)
    return block
  }

  /** Makes blocks of what was gathered. Called last of all participants: only then is it known what the group holds. */
  seal(batch: Batch): void {
    const appended = [...this.#touched].filter(state => state.gathered.length > 0)
    if (appended.length === 0) return
    const marking = appended.some(state => state.unmarkedBytes > markIntervalBytes)
    const paired = batch.size > 0 || appended.length > 1 || marking
    const group = paired ? this.#group + 1 : 0
    for (const state of appended) {
      this.#sealLog(state, group)
      if (paired) batch.put(this.#tables.marks, state.number, markBytes(state.ahead))
    }
    if (paired) batch.put(this.#tables.names, groupKey, numberBytes(group))
  }

  /** Writes the blocks; resolves when they are on stable storage. */
  async write(): Promise<void> {
    const writes = [...this.#touched].map(async ({ writing }) => {
      if (writing !== undefined) await this.#files.append(writing.segment, writing.buffers)
    })
    // All are awaited, so that none goes on while another's failure is dealt with.
    const failed = (await Promise.allSettled(writes)).find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  committed(): void {
    for (const state of this.#touched) {
      const { ahead, known, writing } = state
      if (ahead.first > known.first) this.#cache.trim(state.number, ahead.first)
      state.known = ahead
      for (const block of state.sealed) {
        this.#cache.add(state.number, block)
        this.#group = Math.max(this.#group, block.group)
      }
      if (writing !== undefined) this.#lengthen(state, writing.segment, ahead.segmentBytes)
      state.unmarkedBytes = state.sealed.some(block => block.group === 0)
        ? state.unmarkedBytes + (writing === undefined ? 0 : ahead.segmentBytes - writing.segment.bytes)
        : 0
      state.sealed = []
      state.writing = undefined
    }
    this.#touched.clear()
  }

  /** Cuts off what a group wrote that did not come to be. */
  async reverted(): Promise<void> {
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const state of touched) {
      const { writing } = state
      state.ahead = state.known
      state.gathered = []
      state.sealed = []
      state.writing = undefined
      // The name may have been made by the group that failed; it is made again when it is needed.
      if (state.known === emptyMark) this.#states.delete(state.name)
      if (writing !== undefined) await this.#files.cut(writing.segment)
    }
  }

  /** Notes in LMDB where each log stands, so that the next open need not look for it. */
  mark(batch: Batch): void {
    for (const { number, known, unmarkedBytes } of this.#states.values()) {
      if (unmarkedBytes > 0) batch.put(this.#tables.marks, number, markBytes(known))
    }
  }

  #sealLog(state: LogState, group: number): void {
    const active = state.segments.at(-1)
    const retained = state.known.bytesBeforeNext - state.known.bytesBeforeFirst
    const limit = Math.min(segmentBytesMax, Math.max(segmentBytesMin, retained / segmentPart))
    const fresh = active === undefined || state.known.segmentFirst === 0 || active.bytes >= limit
    const segment = fresh ? { log: state.number, first: state.known.next, bytes: 0 } : active
    let mark: LogMark = { ...state.known, segmentFirst: segment.first, segmentBytes: segment.bytes }
    const buffers: Buffer[] = []
    for (let start = 0; start < state.gathered.length; ) {
      const end = blockEnd(state.gathered, start)
      const block = this.#sealBlock(state, mark, group, start, end, buffers)
      mark = {
        ...mark,
        next: block.next,
        bytesBeforeNext: block.bytesBeforePosition(block.next),
        acceptedAtMsMax: block.acceptedAtMsMax,
        segmentBytes: mark.segmentBytes + block.size,
        chain: block.sum,
      }
      state.sealed.push(block)
      start = end
    }
    state.gathered = []
    state.ahead = mark
    state.writing = { segment, buffers }
  }

  #sealBlock(
    state: LogState,
    mark: LogMark,
    group: number,
    start: number,
    end: number,
    buffers: Buffer[],
  ): Block {
    let { acceptedAtMsMax } = mark
    for (let index = start; index < end; index++) {
      const acceptedAtMs = state.gathered[index]?.acceptedAtMs ?? acceptedAtMsMax
      if (acceptedAtMs > acceptedAtMsMax) acceptedAtMsMax = acceptedAtMs
    }
    const header = {
      first: mark.next,
      bytesBefore: mark.bytesBeforeNext,
      acceptedAtMsMax,
      group,
      chain: mark.chain,
      last: end === state.gathered.length,
    }
    const bytes = encodeBlock(state.number, header, state.gathered, start, end)
    buffers.push(bytes)
    return new Block(state.name, state.number, mark.next, bytes)
  }

  #lengthen(state: LogState, segment: Segment, bytes: number): void {
    this.#bytes += bytes - segment.bytes
    const longer = { ...segment, bytes }
    if (segment.bytes === 0) state.segments.push(longer)
    else state.segments[state.segments.length - 1] = longer
  }

  #keep(name: string, number: number, mark: LogMark): LogState {
    const state: LogState = {
      name,
      number,
      known: mark,
      ahead: mark,
      segments: [],
      gathered: [],
      sealed: [],
      writing: undefined,
      unmarkedBytes: 0,
    }
    this.#states.set(name, state)
    return state
  }
}

/** The segment that holds a position: the last that begins at or below it. */
function segmentOf(segments: readonly Segment[], position: number): Segment | undefined {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((segments[middle]?.first ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return segments[low - 1]
}
