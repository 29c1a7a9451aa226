import { closeSync, fstatSync, openSync, write } from 'node:fs'
import { promisify } from 'node:util'
import type { Tables } from './tables.ts'

const writeFile = promisify(write)

/** Bytes kept allocated behind the last page in use, whatever a transaction is about to change. */
const reserveBytesMin = 4_194_304
/** Bytes reckoned for each changed row: it may move two pages; and at most this much for one transaction. */
const rowBytes = 8_192
const rowsBytesMax = 67_108_864
/** Bytes of zeros written at once. */
const stepBytes = 1_048_576

/**
 * Keeps LMDB's file allocated ahead of what LMDB writes, so that a full disk is met here, where nothing has happened yet,
 * and not in the middle of a commit: lmdb 3.5.6 formats the message of a failed page write into a buffer that is too
 * small for it (`mdb_page_flush`), which may end the process. LMDB does not mind a file that is longer than its pages.
 * And commits that do not lengthen the file are cheaper to sync.
 */
export class FileReserve implements Disposable {
  readonly #tables: Tables
  readonly #descriptor: number
  readonly #zeros = Buffer.alloc(stepBytes)

  constructor(tables: Tables, file: string) {
    this.#tables = tables
    this.#descriptor = openSync(file, 'r+')
  }

  /** Resolves when a transaction that changes that many rows has room; rejects with the system's error when the disk is full. */
  async ensure(rows: number): Promise<void> {
    const { lastPageNumber, pageSize } = this.#tables.root.getStats() as Record<string, number>
    const usedBytes = ((lastPageNumber ?? 0) + 1) * (pageSize ?? 4_096)
    const wantedBytes = usedBytes + reserveBytesMin + Math.min(rows * rowBytes, rowsBytesMax)
    let size = fstatSync(this.#descriptor).size
    if (size >= wantedBytes) return
    // Twice what is wanted, so that this is rare.
    const target = wantedBytes + reserveBytesMin
    while (size < target) {
      const { bytesWritten } = await writeFile(
        this.#descriptor,
        this.#zeros,
        0,
        Math.min(stepBytes, target - size),
        size,
      )
      size += bytesWritten
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}
