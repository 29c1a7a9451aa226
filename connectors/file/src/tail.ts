import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { PluginLog } from '@millrace/spi'
import { isMissing, NotAFile } from './errors.ts'
import { countLines } from './count-lines.ts'
import { type Line, LineReader } from './line-reader.ts'
import { fingerprint, isMarked, type Mark } from './mark.ts'
import { placeOf } from './place.ts'
import { type RotatedFile, rotatedFiles } from './rotated.ts'

export interface TailParts {
  readonly roots: readonly string[]
  readonly lineBytesMax: number
  /** Whether a path without a mark begins at the end of what is there at the first look. */
  readonly fromEnd: boolean
  readonly log: PluginLog
}

/** A line with what it takes to know it again. */
export interface TailLine extends Line {
  readonly id: string
  /** Where to go on behind it. */
  readonly mark: Mark
}

/** The file that is being read. */
interface Current {
  readonly handle: FileHandle
  readonly reader: LineReader
  readonly inode: string
  readonly generation: number
}

/**
 * Follows one path. A file that gets another name is read to its end before the one that took its name, and so are those
 * that had the name in between; a file that is cut to nothing is read anew.
 *
 * The states: *unopened* (no file yet), *reading*, *ending* (another file has the name; one more look, since whoever writes
 * may not have noticed). `ready` changes them, one call at a time.
 */
export class Tail {
  readonly path: string
  readonly #parts: TailParts
  /** Where to go on while no file is open. */
  #mark: Mark | undefined
  #current: Current | undefined
  #isEnding = false
  #hasLooked = false
  #lines: TailLine[] = []

  constructor(path: string, mark: Mark | undefined, parts: TailParts) {
    this.path = path
    this.#mark = mark
    this.#parts = parts
  }

  /** Where a file without a mark was begun, when it is not the beginning: worth keeping, lest a restart begin elsewhere. */
  begun: Mark | undefined

  /** Resolves with the next line, if there is one. Not called again before it has settled; rejects with errors of the system. */
  async peek(): Promise<TailLine | undefined> {
    while (this.#lines.length === 0) {
      const current = (this.#current ??= await this.#open())
      if (current === undefined) return undefined
      const lines = await current.reader.next()
      if (lines !== undefined) {
        this.#isEnding = false
        await this.#take(current, lines)
      } else if (!(await this.#goOn(current))) return undefined
    }
    return this.#lines[0]
  }

  /** Takes the line that `peek` resolved with. */
  shift(): void {
    this.#lines.shift()
  }

  /** Lines that have not been taken, in this file and those after it; more than some megabytes of them are estimated. */
  async waiting(): Promise<number> {
    const current = (this.#current ??= await this.#open())
    if (current === undefined) return 0
    let count = this.#lines.length + (await countLines(current.handle, current.reader.end))
    for (const next of await this.#successors(current)) {
      await using handle = await openFile(next.path)
      count += await countLines(handle, 0)
    }
    if ((await this.#nameIsOf(current)) === 'another') {
      await using handle = await this.#openNamed()
      if (handle !== undefined) count += await countLines(handle, 0)
    }
    return count
  }

  async close(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.handle.close()
  }

  async #take({ handle, inode, generation }: Current, lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return
    const first = await fingerprint(handle)
    this.#lines = lines.map(line => ({
      ...line,
      id: `${inode}-${generation}-${first}-${line.start}`,
      mark: { inode, generation, first, offset: line.end },
    }))
  }

  /** At the end of a file: whether something else is there to read now. */
  async #goOn(current: Current): Promise<boolean> {
    switch (await this.#nameIsOf(current)) {
      case 'nobody':
        return false
      case 'this': {
        const { size } = await current.handle.stat()
        if (size >= current.reader.end) return false
        this.#parts.log.info('a file was cut and is read anew', { path: this.path })
        this.#current = this.#begin(current.handle, current.inode, current.generation + 1, 0)
        return true
      }
      case 'another': {
        if (!this.#isEnding) {
          this.#isEnding = true
          return false
        }
        return await this.#end(current)
      }
    }
  }

  /** Leaves a file that has lost its name for the one that got the name after it. */
  async #end(current: Current): Promise<boolean> {
    const rest = current.reader.rest()
    if (rest !== undefined) await this.#take(current, [rest])
    const [next] = await this.#successors(current)
    const handle = next === undefined ? await this.#openNamed() : await openFile(next.path)
    if (handle === undefined) return rest !== undefined
    this.#isEnding = false
    await current.handle.close()
    this.#current = this.#begin(handle, await inodeOf(handle), 0, 0)
    return true
  }

  /** Files that had the name after this one, the oldest first, without the one that has it now. */
  async #successors({ handle, inode }: Current): Promise<RotatedFile[]> {
    const files = await rotatedFiles(await placeOf(this.path, this.#parts.roots, false))
    const own = files.findIndex(file => file.inode === inode)
    if (own >= 0) return files.slice(own + 1)
    const { mtimeNs } = await handle.stat({ bigint: true })
    return files.filter(file => file.writtenAtMs > Number(mtimeNs) / 1e6)
  }

  async #open(): Promise<Current | undefined> {
    const named = await this.#openNamed()
    try {
      return await this.#choose(named)
    } catch (thrown) {
      await named?.close()
      throw thrown
    }
  }

  /** Which file is read first, and from where; `named` is the one that has the name now. */
  async #choose(named: FileHandle | undefined): Promise<Current | undefined> {
    const isFirst = !this.#hasLooked
    const mark = this.#mark
    this.#hasLooked = true
    if (mark === undefined) {
      if (named === undefined) return undefined
      return isFirst && this.#parts.fromEnd
        ? await this.#beginAtEnd(named)
        : this.#begin(named, await inodeOf(named), 0, 0)
    }
    const marked = await this.#openMarked(mark, named)
    this.#mark = undefined
    if (marked !== undefined) {
      if (marked !== named) await named?.close()
      return this.#begin(marked, mark.inode, mark.generation, mark.offset)
    }
    if (named === undefined) {
      this.#mark = mark
      return undefined
    }
    const inode = await inodeOf(named)
    this.#parts.log.warn(
      'the file that was being read is gone or was cut; the one of its name is read from its start',
      {
        path: this.path,
      },
    )
    return this.#begin(named, inode, inode === mark.inode ? mark.generation + 1 : 0, 0)
  }

  /** The file of the mark, under the name of the path or one that rotation gave it. */
  async #openMarked(mark: Mark, named: FileHandle | undefined): Promise<FileHandle | undefined> {
    if (named !== undefined && (await isMarked(named, mark))) return named
    const place = await placeOf(this.path, this.#parts.roots, false)
    const found = (await rotatedFiles(place)).find(({ inode }) => inode === mark.inode)
    if (found === undefined) return undefined
    const handle = await openFile(found.path)
    if (await isMarked(handle, mark)) return handle
    await handle.close()
    return undefined
  }

  async #beginAtEnd(handle: FileHandle): Promise<Current> {
    const inode = await inodeOf(handle)
    const offset = await lastLineStart(handle)
    this.begun = { inode, generation: 0, first: await fingerprint(handle), offset }
    return this.#begin(handle, inode, 0, offset)
  }

  #begin(handle: FileHandle, inode: string, generation: number, offset: number): Current {
    const reader = new LineReader(handle, offset, this.#parts.lineBytesMax)
    return { handle, reader, inode, generation }
  }

  /** Who has the name of the path now. */
  async #nameIsOf({ inode }: Current): Promise<'this' | 'another' | 'nobody'> {
    await using handle = await this.#openNamed()
    if (handle === undefined) return 'nobody'
    return (await inodeOf(handle)) === inode ? 'this' : 'another'
  }

  /** `undefined` while there is no file of this name in its folder, which must be there. */
  async #openNamed(): Promise<FileHandle | undefined> {
    try {
      return await openFile(await placeOf(this.path, this.#parts.roots, true))
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown
      // Rejects when it is the folder that is missing.
      await placeOf(this.path, this.#parts.roots, false)
      return undefined
    }
  }
}

async function openFile(path: string): Promise<FileHandle> {
  // Opening a pipe would wait for somebody who writes to it.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new NotAFile()
}

async function inodeOf(handle: FileHandle): Promise<string> {
  return String((await handle.stat({ bigint: true })).ino)
}

/** Bytes before the end in which the beginning of an unfinished line is looked for. */
const lookBackBytes = 65_536

/** The end of the file, or where the line begins that is being written there. */
async function lastLineStart(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat()
  const from = Math.max(0, size - lookBackBytes)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
  const at = buffer.subarray(0, bytesRead).lastIndexOf(0x0a)
  if (at >= 0) return from + at + 1
  return from === 0 ? 0 : size
}
