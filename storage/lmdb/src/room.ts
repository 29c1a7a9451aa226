import { statfsSync } from 'node:fs'
import { AppError, retryBackoff } from '@millrace/spi'
import type { Tables } from './tables.ts'
import type { Batch, Participant } from './writer.ts'

/** What a job wants of the remaining room. */
export type RoomNeed =
  /** New events, documents, blobs: refused first. */
  | 'growth'
  /** Bookkeeping of what was accepted: may use the reserve, so that a full store can be worked off. */
  | 'reserve'
  /** Removals: never refused beforehand. */
  | 'none'

/** The reserve is a sixteenth of the limit or of the disk, and at most this. */
const reserveBytesMax = 67_108_864
const reservePart = 16
/** LMDB rewrites some pages for each it adds; half as much again covers that. */
const overheadFactor = 1.5

/**
 * Keeps count of the room that is left: below the limit of the store, and on the disk. Pages that removals freed within
 * the file count as room, because LMDB uses them again and the file never shrinks. Measuring takes a tenth of a
 * millisecond and is done only where it may matter.
 */
export class Room implements Participant {
  readonly #tables: Tables
  readonly #folder: string
  readonly #bytesMax: number
  readonly #logBytes: () => number
  /** Bytes in use when last measured, and payload written since, and by the group under way. */
  #usedBytes = 0
  #sinceBytes = 0
  #stagedBytes = 0
  #measuredForGroup = false
  /** Room on the disk for the group under way, the free pages of the file not counted. */
  #diskBytes: number | undefined
  #diskTotalBytes = 0

  constructor(tables: Tables, folder: string, bytesMax: number, logBytes: () => number) {
    this.#tables = tables
    this.#folder = folder
    this.#bytesMax = bytesMax
    this.#logBytes = logBytes
    this.#usedBytes = this.#measure().usedBytes
  }

  /** A new group: what is known of the disk and of LMDB may have changed since the last one. */
  begin(): void {
    this.#stagedBytes = 0
    this.#measuredForGroup = false
    this.#diskBytes = undefined
  }

  /** Why a job is refused, or undefined when it has room; then its bytes count as staged. */
  refusal(need: RoomNeed, bytes: number): AppError | undefined {
    if (need === 'none') return undefined
    const error = this.#overLimit(need, bytes) ?? this.#overDisk(need, bytes)
    if (error === undefined) this.#stagedBytes += bytes
    return error
  }

  seal(_batch: Batch): void {
    // The room is not stored.
  }

  committed(): void {
    this.#sinceBytes += this.#stagedBytes
  }

  reverted(): void {
    // The next group begins with nothing staged.
  }

  #overLimit(need: RoomNeed, bytes: number): AppError | undefined {
    const reserve = reserveOf(this.#bytesMax)
    const limit = need === 'growth' ? this.#bytesMax : this.#bytesMax + reserve
    if (this.#estimate(bytes) <= limit) return undefined
    if (!this.#measuredForGroup) {
      this.#usedBytes = this.#measure().usedBytes
      this.#sinceBytes = 0
      this.#measuredForGroup = true
      if (this.#estimate(bytes) <= limit) return undefined
    }
    return fullError('the limit of the store', this.#bytesMax, this.#usedBytes)
  }

  #overDisk(need: RoomNeed, bytes: number): AppError | undefined {
    if (this.#diskBytes === undefined) {
      const { bavail, blocks, bsize } = statfsSync(this.#folder)
      this.#diskBytes = bavail * bsize
      this.#diskTotalBytes = blocks * bsize
    }
    const kept = need === 'growth' ? reserveOf(this.#diskTotalBytes) : 0
    const wanted = (this.#stagedBytes + bytes) * overheadFactor + kept
    if (wanted <= this.#diskBytes) return undefined
    // Free pages of LMDB's file serve its tables, not the logs.
    if (need === 'reserve' && wanted <= this.#diskBytes + this.#measure().freeBytes) return undefined
    return fullError('the room on the disk', this.#diskTotalBytes, this.#diskTotalBytes - this.#diskBytes)
  }

  #estimate(bytes: number): number {
    return this.#usedBytes + this.#sinceBytes + this.#stagedBytes + bytes
  }

  #measure(): { readonly usedBytes: number; readonly freeBytes: number } {
    const { root, ...tables } = this.#tables
    const rootStats = pages(root.getStats())
    let used = rootStats.pages + pages(freeOf(root.getStats())).pages
    for (const table of Object.values(tables)) used += pages(table.getStats()).pages
    const usedBytes = used * rootStats.pageBytes
    return {
      usedBytes: usedBytes + this.#logBytes(),
      freeBytes: (rootStats.last + 1) * rootStats.pageBytes - usedBytes,
    }
  }
}

function reserveOf(bytes: number): number {
  return Math.min(reserveBytesMax, bytes / reservePart)
}

function fullError(what: string, limit: number, used: number): AppError {
  return new AppError(
    'storage.full',
    `The storage is full: ${used} bytes are in use; ${what} is ${limit} bytes.`,
    retryBackoff,
    { details: { bytesMax: limit, bytes: used } },
  )
}

/** Pages by lmdb's figures of one table. */
function pages(stats: unknown): {
  readonly pages: number
  readonly pageBytes: number
  readonly last: number
} {
  const figures = stats as Record<string, number | undefined>
  const {
    treeBranchPageCount = 0,
    treeLeafPageCount = 0,
    overflowPages = 0,
    pageSize = 4_096,
    lastPageNumber = 0,
  } = figures
  return {
    pages: treeBranchPageCount + treeLeafPageCount + overflowPages,
    pageBytes: pageSize,
    last: lastPageNumber,
  }
}

function freeOf(stats: unknown): unknown {
  return (stats as { readonly free: unknown }).free
}
