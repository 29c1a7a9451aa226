import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isMissing } from './errors.ts'
import { identityOf } from './mark.ts'

/** A file that a path was the name of, until it got a name behind that. */
export interface RotatedFile {
  readonly path: string
  /** As `identityOf` tells it. */
  readonly file: string
  readonly writtenAtMs: number
}

/** `.1`, `-20260102`, `.2026-01-02T03`: what rotation puts behind a name. Compressed files are none that can be read. */
const rotation = /^[.-]\d[\dTZ.:_-]*$/

/** Names in one folder that are looked at. */
const namesMax = 100_000

/**
 * The files that a path was the name of, by the time of their last write, the oldest first. File systems tell times in
 * ticks: within one, a greater number is older, and otherwise the names are in order.
 */
export async function rotatedFiles(path: string): Promise<RotatedFile[]> {
  const [folder, base] = [dirname(path), basename(path)]
  const names = (await readdir(folder)).slice(0, namesMax)
  const found: RotatedFile[] = []
  for (const name of names) {
    if (!name.startsWith(base) || !rotation.test(name.slice(base.length))) continue
    const file = await look(join(folder, name))
    if (file !== undefined) found.push(file)
  }
  return found.toSorted(
    (left, right) =>
      left.writtenAtMs - right.writtenAtMs ||
      numberOf(right) - numberOf(left) ||
      (left.path < right.path ? -1 : 1),
  )
}

function numberOf({ path }: RotatedFile): number {
  return Number(/[.-](\d{1,4})$/.exec(path)?.[1] ?? 0)
}

async function look(path: string): Promise<RotatedFile | undefined> {
  try {
    // Links are not followed: they may lead out of the folder.
    const seen = await lstat(path, { bigint: true })
    if (!seen.isFile()) return undefined
    return { path, file: identityOf(seen), writtenAtMs: Number(seen.mtimeNs) / 1e6 }
  } catch (thrown) {
    // It was rotated on while its folder was being read; the next look finds it.
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}
