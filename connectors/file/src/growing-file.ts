import { constants } from 'node:fs'
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises'
import type { Clock } from '@millrace/spi'
import { isMissing, NotAFile } from './errors.ts'
import type { FileSinkOptions } from './options.ts'
import { placeOf } from './place.ts'

/** What is known of the file of a name. */
interface Seen {
  readonly inode: bigint
  readonly bytes: number
  readonly bornAtMs: number
}

/**
 * The file that a sink appends to, one append at a time. Others may append to it or rename it meanwhile: it is looked at before
 * each append, and the file of the name is the one that is written to.
 */
export class GrowingFile {
  readonly #options: FileSinkOptions
  readonly #roots: readonly string[]
  readonly #clock: Clock
  #open: { readonly handle: FileHandle; readonly inode: bigint } | undefined
  /** Whether the last append may have ended in the middle of a line. */
  #isTorn = false

  constructor(options: FileSinkOptions, roots: readonly string[], clock: Clock) {
    this.#options = options
    this.#roots = roots
    this.#clock = clock
  }

  /** Appends whole lines; resolves when they are written, and on the disk where that is asked for. Rejects with errors of the system. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    const place = await placeOf(this.#options.path, this.#roots, false)
    const seen = await look(place)
    if (seen !== undefined && this.#isDue(seen, bytes.length)) await this.#rotate(place)
    const { handle } = await this.#openFile(place)
    const lines = this.#isTorn ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes
    this.#isTorn = true
    await handle.appendFile(lines)
    if (this.#options.sync) await handle.datasync()
    this.#isTorn = false
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.handle.close()
  }

  #isDue({ bytes, bornAtMs }: Seen, more: number): boolean {
    const { fileBytesMax, fileAgeMsMax } = this.#options
    if (bytes === 0) return false
    if (fileBytesMax > 0 && bytes + more > fileBytesMax) return true
    return fileAgeMsMax > 0 && this.#clock.nowMs() - bornAtMs > fileAgeMsMax
  }

  /** Moves each kept file one on, which drops the last. */
  async #rotate(place: string): Promise<void> {
    const { filesMax } = this.#options
    await this.close()
    this.#isTorn = false
    if (filesMax === 0) {
      await rm(place, { force: true })
      return
    }
    for (let number = filesMax - 1; number >= 1; number--) {
      await moved(`${place}.${number}`, `${place}.${number + 1}`)
    }
    await moved(place, `${place}.1`)
  }

  async #openFile(place: string): Promise<{ readonly handle: FileHandle }> {
    const seen = await look(place)
    if (this.#open !== undefined && this.#open.inode === seen?.inode) return this.#open
    await this.close()
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants
    const handle = await open(place, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_RDWR, 0o640)
    const stat = await handle.stat({ bigint: true })
    if (!stat.isFile()) {
      await handle.close()
      throw new NotAFile()
    }
    this.#isTorn = await endsInLine(handle, Number(stat.size))
    this.#open = { handle, inode: stat.ino }
    return this.#open
  }
}

/** Whether a file ends in the middle of a line, as a crash leaves it. */
async function endsInLine(handle: FileHandle, bytes: number): Promise<boolean> {
  if (bytes === 0) return false
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, bytes - 1)
  return buffer[0] !== 0x0a
}

async function look(place: string): Promise<Seen | undefined> {
  try {
    const { ino, size, birthtimeMs } = await lstat(place, { bigint: true })
    return { inode: ino, bytes: Number(size), bornAtMs: Number(birthtimeMs) }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

async function moved(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown
  }
}
