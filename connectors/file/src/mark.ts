import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** How far a path has been read: a file, known again whatever its name is by then, and an offset in it. */
export interface Mark {
  /** Which file, as `identityOf` tells it. */
  readonly file: string
  /** How often the file had been cut to nothing and written anew. */
  readonly generation: number
  /** Fingerprint of its first line; empty when there was no whole line yet. */
  readonly first: string
  /** Where the next line begins. */
  readonly offset: number
  /** When the file had last been written by then: those that had its name after it were written later. */
  readonly writtenAtMs: number
}

/** Number of a file within its file system, and when it was made, since numbers of files that are gone are given again. */
export function identityOf({ ino, birthtimeNs }: Pick<BigIntStats, 'ino' | 'birthtimeNs'>): string {
  return `${ino}.${birthtimeNs / 1_000_000n}`
}

/** Bytes of the beginning that tell files with one identity apart. */
const headBytes = 1_024

/**
 * Fingerprint of the beginning of a file: of its first line, or of as much of it as is looked at. Once it is there it stays,
 * however the file grows; empty while there is less.
 */
export async function fingerprint(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
  const head = buffer.subarray(0, bytesRead)
  const end = head.indexOf(0x0a)
  if (end < 0 && bytesRead < headBytes) return ''
  return createHash('sha256')
    .update(end < 0 ? head : head.subarray(0, end))
    .digest('hex')
    .slice(0, 12)
}

/** Whether an open file is still the one of a mark, with all that had been read of it. */
export async function isMarked(handle: FileHandle, mark: Mark): Promise<boolean> {
  const stat = await handle.stat({ bigint: true })
  if (identityOf(stat) !== mark.file || stat.size < mark.offset) return false
  return mark.first === '' || (await fingerprint(handle)) === mark.first
}

/** Name of the checkpoint of a path: the path itself where it fits. */
export function markName(path: string): string {
  const name = `path ${path}`
  return Buffer.byteLength(name) <= 200 ? name : `path ${createHash('sha256').update(path).digest('hex')}`
}

export function parseMark(text: string | undefined): Mark | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Mark)
}
