import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { PluginLog } from '@millrace/spi'
import { isMissing, NotAFile } from './errors.ts'
import { countLines } from './count-lines.ts'
import { type Line, LineReader } from './line-reader.ts'
import { fingerprint, identityOf, isMarked, type Mark } from './mark.ts'
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
  readonly file: string
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

  /** Where a file was begun that no mark leads to: to be kept, lest a restart after a rotation begin elsewhere. */
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

  async #take({ handle, file, generation }: Current, lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return
    const first = await fingerprint(handle)
    const atMs = await writtenAtMs(handle)
    this.#lines = lines.map(line => ({
      ...line,
      id: `${file}-${generation}-${first}-${line.start}`,
      mark: { file, generation, first, offset: line.end, writtenAtMs: atMs },
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
        this.#current = this.#begin(current.handle, current.file, current.generation + 1, 0)
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
    this.#current = this.#begin(handle, await identityOfOpen(handle), 0, 0)
    return true
  }

  /** Files that had the name after this one, the oldest first, without the one that has it now. */
  async #successors({ handle, file }: Current): Promise<RotatedFile[]> {
    const files = await rotatedFiles(await placeOf(this.path, this.#parts.roots, false))
    const own = files.findIndex(one => one.file === file)
    if (own >= 0) return files.slice(own + 1)
    const ownAtMs = await writtenAtMs(handle)
    return files.filter(file => file.writtenAtMs > ownAtMs)
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
      const offset = isFirst && this.#parts.fromEnd ? await lastLineStart(named) : 0
      return await this.#beginNew(named, 0, offset)
    }
    const marked = await this.#openMarked(mark, named)
    this.#mark = undefined
    if (marked !== undefined) {
      if (marked !== named) await named?.close()
      return this.#begin(marked, mark.file, mark.generation, mark.offset)
    }
    if (named === undefined) {
      this.#mark = mark
      return undefined
    }
    return await this.#beginWithout(mark, named)
  }

  /** The file of the mark is gone or was cut: the reading goes on with what had its name after it. */
  async #beginWithout(mark: Mark, named: FileHandle): Promise<Current> {
    const isCut = (await identityOfOpen(named)) === mark.file
    this.#parts.log.warn(
      'the file that was being read is gone or was cut; the next one is read from its start',
      {
        path: this.path,
        isCut,
      },
    )
    if (isCut) return await this.#beginNew(named, mark.generation + 1, 0)
    const place = await placeOf(this.path, this.#parts.roots, false)
    const next = (await rotatedFiles(place)).find(({ writtenAtMs }) => writtenAtMs > mark.writtenAtMs)
    if (next === undefined) return await this.#beginNew(named, 0, 0)
    const handle = await openFile(next.path)
    await named.close()
    return await this.#beginNew(handle, 0, 0)
  }

  /** The file of the mark, under the name of the path or one that rotation gave it. */
  async #openMarked(mark: Mark, named: FileHandle | undefined): Promise<FileHandle | undefined> {
    if (named !== undefined && (await isMarked(named, mark))) return named
    const place = await placeOf(this.path, this.#parts.roots, false)
    const found = (await rotatedFiles(place)).find(({ file }) => file === mark.file)
    if (found === undefined) return undefined
    const handle = await openFile(found.path)
    if (await isMarked(handle, mark)) return handle
    await handle.close()
    return undefined
  }

  async #beginNew(handle: FileHandle, generation: number, offset: number): Promise<Current> {
    const file = await identityOfOpen(handle)
    const first = await fingerprint(handle)
    this.begun = { file, generation, first, offset, writtenAtMs: await writtenAtMs(handle) }
    return this.#begin(handle, file, generation, offset)
  }

  #begin(handle: FileHandle, file: string, generation: number, offset: number): Current {
    const reader = new LineReader(handle, offset, this.#parts.lineBytesMax)
    return { handle, reader, file, generation }
  }

  /** Who has the name of the path now. */
  async #nameIsOf({ file }: Current): Promise<'this' | 'another' | 'nobody'> {
    await using handle = await this.#openNamed()
    if (handle === undefined) return 'nobody'
    return (await identityOfOpen(handle)) === file ? 'this' : 'another'
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

async function identityOfOpen(handle: FileHandle): Promise<string> {
  return identityOf(await handle.stat({ bigint: true }))
}

async function writtenAtMs(handle: FileHandle): Promise<number> {
  return Number((await handle.stat({ bigint: true })).mtimeNs) / 1e6
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
