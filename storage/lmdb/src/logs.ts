import type { NewEntry } from '@millrace/spi'
import { Block, blockEnd, encodeBlock } from './block.ts'
import { BlockCache } from './block-cache.ts'
import { corruptError } from './errors.ts'
import { positionMax } from './keys.ts'
import type { Names } from './names.ts'
import type { Tables } from './tables.ts'
import type { Batch, Participant } from './writer.ts'

/** Where a log stands. Immutable: a new one replaces it. */
export interface LogMark {
  readonly first: number
  readonly next: number
  /** Payload bytes ever appended below `first`, and below `next`. */
  readonly bytesBeforeFirst: number
  readonly bytesBeforeNext: number
  /** Latest time of acceptance ever appended. */
  readonly acceptedAtMsMax: number
}

/** A log in memory: where it stands on disk, and where it will when the group under way is there. */
export interface LogState {
  readonly name: string
  readonly number: number
  /** On disk and visible. */
  known: LogMark
  ahead: LogMark
  /** Entries of the group under way, and the blocks made of them. */
  gathered: NewEntry[]
  sealed: Block[]
}

const emptyMark: LogMark = {
  first: 1,
  next: 1,
  bytesBeforeFirst: 0,
  bytesBeforeNext: 0,
  acceptedAtMsMax: Number.NEGATIVE_INFINITY,
}

/** All logs of a store: appends of one group become blocks here, and blocks are found here again. */
export class Logs implements Participant {
  readonly #tables: Tables
  readonly #names: Names
  readonly #cache: BlockCache
  readonly #states = new Map<string, LogState>()
  readonly #touched = new Set<LogState>()

  constructor(tables: Tables, names: Names, cacheBytesMax: number) {
    this.#tables = tables
    this.#names = names
    this.#cache = new BlockCache(cacheBytesMax)
  }

  /** A log that exists. */
  find(name: string): LogState | undefined {
    const state = this.#states.get(name)
    if (state !== undefined) return state
    const number = this.#names.find('log', name)
    return number === undefined ? undefined : this.#keep(name, number, this.#recover(name, number))
  }

  /** Gathers entries for the group under way and returns the position of the first. */
  append(batch: Batch, name: string, entries: readonly NewEntry[]): number {
    if (entries.length === 0) return this.find(name)?.ahead.next ?? 1
    const state = this.find(name) ?? this.#keep(name, this.#names.make(batch, 'log', name), emptyMark)
    const position = state.ahead.next
    let bytes = 0
    let acceptedAtMsMax = state.ahead.acceptedAtMsMax
    for (const entry of entries) {
      state.gathered.push(entry)
      bytes += entry.bytes.length
      if (entry.acceptedAtMs > acceptedAtMsMax) acceptedAtMsMax = entry.acceptedAtMs
    }
    state.ahead = {
      ...state.ahead,
      next: position + entries.length,
      bytesBeforeNext: state.ahead.bytesBeforeNext + bytes,
      acceptedAtMsMax,
    }
    this.#touched.add(state)
    return position
  }

  /**
   * Stages the removal of at most `blocksMax` whole blocks below a position; true when none is left to remove. The
   * group under way must hold nothing else.
   */
  trim(batch: Batch, state: LogState, beforePosition: number, blocksMax: number): boolean {
    const { number, known } = state
    const keys = this.#tables.blocks.getKeys({
      start: [number, 0],
      end: [number, Math.min(beforePosition, known.next)],
      inclusiveEnd: true,
      limit: blocksMax + 1,
    })
    const firsts = [...keys].map(key => key[1])
    if (firsts.length <= blocksMax && beforePosition >= known.next) firsts.push(known.next)
    const first = firsts.at(-1) ?? known.first
    if (first === known.first) return true
    for (const position of firsts.slice(0, -1)) batch.remove(this.#tables.blocks, [number, position])
    const bytesBeforeFirst =
      first === known.next ? known.bytesBeforeNext : this.blockAt(state, first).bytesBefore
    state.ahead = { ...known, first, bytesBeforeFirst }
    if (first === known.next) batch.put(this.#tables.trims, number, markBytes(state.ahead))
    this.#touched.add(state)
    return firsts.length <= blocksMax
  }

  /** The block that holds a retained position. `cached` false keeps a passing reader from displacing others' blocks. */
  blockAt(state: LogState, position: number, cached = true): Block {
    const { name, number } = state
    const found = this.#cache.find(number, position)
    if (found !== undefined) return found
    const block = this.#load(name, number, position)
    if (block === undefined || position >= block.next)
      throw corruptError(name, position, 'its block is missing')
    if (cached) this.#cache.add(number, block)
    return block
  }

  seal(batch: Batch): void {
    for (const state of this.#touched) {
      let mark = state.known
      for (let start = 0; start < state.gathered.length; ) {
        const end = blockEnd(state.gathered, start)
        mark = this.#sealBlock(batch, state, mark, start, end)
        start = end
      }
      state.gathered = []
    }
  }

  committed(): void {
    for (const state of this.#touched) {
      if (state.ahead.first > state.known.first) this.#cache.trim(state.number, state.ahead.first)
      state.known = state.ahead
      for (const block of state.sealed) this.#cache.add(state.number, block)
      state.sealed = []
    }
    this.#touched.clear()
  }

  reverted(): void {
    for (const state of this.#touched) {
      state.ahead = state.known
      state.gathered = []
      state.sealed = []
      // The name may have been made by the group that failed; it is made again when it is needed.
      if (state.known === emptyMark) this.#states.delete(state.name)
    }
    this.#touched.clear()
  }

  #sealBlock(batch: Batch, state: LogState, mark: LogMark, start: number, end: number): LogMark {
    let { acceptedAtMsMax, bytesBeforeNext } = mark
    for (let index = start; index < end; index++) {
      const entry = state.gathered[index]
      if (entry === undefined) break
      bytesBeforeNext += entry.bytes.length
      if (entry.acceptedAtMs > acceptedAtMsMax) acceptedAtMsMax = entry.acceptedAtMs
    }
    const header = { first: mark.next, bytesBefore: mark.bytesBeforeNext, acceptedAtMsMax }
    const bytes = encodeBlock(state.number, header, state.gathered, start, end)
    batch.put(this.#tables.blocks, [state.number, mark.next], bytes)
    state.sealed.push(new Block(state.name, state.number, mark.next, bytes))
    return { ...mark, next: mark.next + end - start, bytesBeforeNext, acceptedAtMsMax }
  }

  #keep(name: string, number: number, mark: LogMark): LogState {
    const state: LogState = { name, number, known: mark, ahead: mark, gathered: [], sealed: [] }
    this.#states.set(name, state)
    return state
  }

  /** Where a log stands by its first and last block, or, when it was emptied, by the mark of that trim. */
  #recover(name: string, number: number): LogMark {
    const last = this.#load(name, number, positionMax)
    if (last === undefined) {
      const mark = this.#tables.trims.get(number)
      return mark === undefined ? { ...emptyMark } : readMark(mark)
    }
    const [key] = this.#tables.blocks.getKeys({ start: [number, 0], end: [number, positionMax], limit: 1 })
    const first = this.#load(name, number, key?.[1] ?? last.first) ?? last
    return {
      first: first.first,
      next: last.next,
      bytesBeforeFirst: first.bytesBefore,
      bytesBeforeNext: last.bytesBefore + last.payloadBytes,
      acceptedAtMsMax: last.acceptedAtMsMax,
    }
  }

  /** The last block that begins at or below a position. */
  #load(name: string, number: number, position: number): Block | undefined {
    const range = { start: [number, position], end: [number, 0], reverse: true, limit: 1 } as const
    for (const { key, value } of this.#tables.blocks.getRange(range))
      return new Block(name, number, key[1], value)
    return undefined
  }
}

function markBytes(mark: LogMark): Buffer {
  const bytes = Buffer.allocUnsafe(24)
  bytes.writeDoubleLE(mark.next, 0)
  bytes.writeDoubleLE(mark.bytesBeforeNext, 8)
  bytes.writeDoubleLE(mark.acceptedAtMsMax, 16)
  return bytes
}

/** The mark of a log that was emptied. */
function readMark(bytes: Buffer): LogMark {
  const next = bytes.readDoubleLE(0)
  const bytesBeforeNext = bytes.readDoubleLE(8)
  return {
    first: next,
    next,
    bytesBeforeFirst: bytesBeforeNext,
    bytesBeforeNext,
    acceptedAtMsMax: bytes.readDoubleLE(16),
  }
}
