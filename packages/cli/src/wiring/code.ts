import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'

/** Files of one code package; the server has limits of its own, this one only keeps a mistaken path from being read whole. */
const filesMax = 20_000

/** Reads a function's code: one file, or a folder without `.git` and `.millrace`. Paths use `/`. */
export async function readCode(path: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  if ((await stat(path)).isFile()) {
    files.set(basename(path), await readFile(path))
    return files
  }
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const absolute = join(entry.parentPath, entry.name)
    const name = relative(path, absolute).split(sep).join('/')
    if (!entry.isFile() || /(^|\/)\.(git|millrace)(\/|$)/.test(name)) continue
    if (files.size === filesMax) throw new Error(`${path} has more than ${filesMax} files`)
    files.set(name, await readFile(absolute))
  }
  if (files.size === 0) throw new Error(`${path} has no files`)
  return files
}
