import { closeSync, constants, fstatSync, fsync, ftruncateSync, openSync, readSync, writev } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { syncFolder } from './sync-folder.ts'

const writeBuffers = promisify(writev)
const syncFile = promisify(fsync)

/** Files open at once; the one that was used longest ago is closed first. */
const openFilesMax = 256
const nameDigits = 16

/** A file of a log: the entries from `first` on, up to the next file's. */
export interface Segment {
  readonly log: number
  readonly first: number
  /** Bytes of whole groups; what a failed write left behind them is cut off. */
  readonly bytes: number
}

interface OpenFile {
  readonly descriptor: number
  /** Writes under way; a file is not closed while there are any. */
  writes: number
}

/**
 * The files of all logs: `<folder>/<log number>/<first position>.log`. Writes are synchronous to the disk (O_DSYNC) and
 * run on the pool's threads: one call is the append and its sync. Reads come from the system's cache as a rule, take
 * microseconds then, and are done in place.
 */
export class SegmentFiles {
  readonly #folder: string
  readonly #open = new Map<string, OpenFile>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Log numbers that have a folder. */
  async logs(): Promise<number[]> {
    return (await readdir(this.#folder)).map(Number)
  }

  /** First positions of a log's files, ascending. */
  async firsts(log: number): Promise<number[]> {
    try {
      const names = await readdir(join(this.#folder, String(log)))
      return names.map(name => Number.parseInt(name, 10)).sort((left, right) => left - right)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** Appends buffers behind the segment's bytes and resolves when they are on stable storage. */
  async append(segment: Segment, buffers: readonly Buffer[]): Promise<void> {
    if (segment.bytes === 0) await this.#create(segment)
    const file = this.#file(segment)
    file.writes += 1
    try {
      let rest = [...buffers]
      for (let at = segment.bytes; rest.length > 0; ) {
        const { bytesWritten } = await writeBuffers(file.descriptor, rest, at)
        at += bytesWritten
        rest = unwritten(rest, bytesWritten)
      }
    } finally {
      file.writes -= 1
    }
  }

  /** Cuts off whatever lies behind the segment's bytes; a segment without bytes is removed. */
  async cut(segment: Segment): Promise<void> {
    if (segment.bytes === 0) await this.remove(segment)
    else ftruncateSync(this.#file(segment).descriptor, segment.bytes)
  }

  /** Makes what was found at the end of a segment durable. */
  async sync(segment: Segment): Promise<void> {
    await syncFile(this.#file(segment).descriptor)
  }

  size(segment: Segment): number {
    return fstatSync(this.#file(segment).descriptor).size
  }

  /** Up to `bytes` bytes from an offset; fewer where the file ends. */
  read(segment: Segment, offset: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    let length = 0
    while (length < bytes) {
      const read = readSync(this.#file(segment).descriptor, buffer, length, bytes - length, offset + length)
      if (read === 0) break
      length += read
    }
    return length === bytes ? buffer : buffer.subarray(0, length)
  }

  async remove(segment: Segment): Promise<void> {
    const path = this.#path(segment)
    const file = this.#open.get(path)
    if (file !== undefined) closeSync(file.descriptor)
    this.#open.delete(path)
    await rm(path, { force: true })
  }

  /** Removes a log's folder with all that is in it. */
  async removeLog(log: number): Promise<void> {
    await rm(join(this.#folder, String(log)), { recursive: true, force: true })
  }

  close(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor)
    this.#open.clear()
  }

  /** A new file is found after a crash only when its folder is on the disk, too. */
  async #create(segment: Segment): Promise<void> {
    const folder = join(this.#folder, String(segment.log))
    const made = await mkdir(folder, { recursive: true })
    this.#file(segment)
    await syncFolder(folder)
    if (made !== undefined) await syncFolder(this.#folder)
  }

  #file(segment: Segment): OpenFile {
    const path = this.#path(segment)
    const known = this.#open.get(path)
    if (known !== undefined) {
      this.#open.delete(path)
      this.#open.set(path, known)
      return known
    }
    const { O_CREAT, O_DSYNC, O_RDWR, O_SYNC } = constants
    // O_DSYNC is not known everywhere; O_SYNC does more and is.
    const flags = O_RDWR | ((O_DSYNC as number | undefined) ?? O_SYNC) | (segment.bytes === 0 ? O_CREAT : 0)
    const file: OpenFile = { descriptor: openSync(path, flags), writes: 0 }
    this.#open.set(path, file)
    this.#closeOldest()
    return file
  }

  #closeOldest(): void {
    for (const [path, { descriptor, writes }] of this.#open) {
      if (this.#open.size <= openFilesMax) return
      if (writes > 0) continue
      closeSync(descriptor)
      this.#open.delete(path)
    }
  }

  #path(segment: Segment): string {
    return join(this.#folder, String(segment.log), `${String(segment.first).padStart(nameDigits, '0')}.log`)
  }
}

/** What of the buffers is left when that many bytes of them were written. */
function unwritten(buffers: readonly Buffer[], bytesWritten: number): Buffer[] {
  const rest: Buffer[] = []
  let skip = bytesWritten
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(skip === 0 ? buffer : buffer.subarray(skip))
    skip = Math.max(0, skip - buffer.length)
  }
  return rest
}
