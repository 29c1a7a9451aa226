import { lstat, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { type Ignores, readIgnore } from './ignore.ts'

/** One file of a code package, not read yet, or a symbolic link inside it. */
export interface SourceFile {
  /** Inside the package, with slashes. */
  readonly path: string
  /** Where it lies. */
  readonly source: string
  readonly isExecutable: boolean
  readonly bytes: number
  readonly changedAtMs: number
  /** Where the link leads. */
  readonly link: string | undefined
}

/** Files of one code package; the server has limits of its own, this one only keeps a mistaken path from being read whole. */
const filesMax = 50_000

/**
 * The files of a function's code, sorted: one file, or a folder without what its `.millraceignore` leaves out. Links
 * that stay in the folder are links in the package; what others lead to is part of it.
 */
export async function listCode(path: string): Promise<SourceFile[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new Error(`there is no code at ${path}`)
  if (found.isFile()) return [{ ...(await fileOf(path)), path: basename(path) }]
  const root = await realpath(path)
  const files: SourceFile[] = []
  await collect({ root, ignores: await readIgnore(root), files, shownAs: path }, root, '', [root])
  if (files.length === 0) throw new Error(`${path} has no files that belong to the code`)
  return files.sort((left, right) => (left.path < right.path ? -1 : 1))
}

interface Collection {
  readonly root: string
  readonly ignores: Ignores
  readonly files: SourceFile[]
  readonly shownAs: string
}

/** `above`: the real folders on the way here; a link back to one of them would have no end. */
async function collect(
  into: Collection,
  folder: string,
  prefix: string,
  above: readonly string[],
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const source = join(folder, entry.name)
    const path = prefix + entry.name
    if (into.ignores(path, entry.isDirectory())) continue
    if (into.files.length >= filesMax) throw new Error(`${into.shownAs} has more than ${filesMax} files`)
    if (entry.isDirectory()) await collect(into, source, `${path}/`, [...above, source])
    else if (entry.isFile()) into.files.push({ ...(await fileOf(source)), path })
    else if (entry.isSymbolicLink()) await followLink(into, source, path, above)
  }
}

async function followLink(
  into: Collection,
  source: string,
  path: string,
  above: readonly string[],
): Promise<void> {
  const target = await readlink(source)
  const real = await realpath(source).catch(() => undefined)
  // It leads to nothing: nothing is missed.
  if (real === undefined) return
  const lexical = resolve(dirname(source), target)
  if (!target.startsWith('/') && isInside(into.root, real) && isInside(into.root, lexical)) {
    const { mtimeMs } = await lstat(source)
    const link = target.split(sep).join('/')
    into.files.push({ path, source, isExecutable: true, bytes: link.length, changedAtMs: mtimeMs, link })
    return
  }
  const found = await stat(real)
  if (found.isFile()) into.files.push({ ...(await fileOf(real)), path })
  else if (found.isDirectory() && !above.includes(real) && !isInside(real, into.root)) {
    await collect(into, real, `${path}/`, [...above, real])
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

async function fileOf(source: string): Promise<Omit<SourceFile, 'path'>> {
  const { mode, size, mtimeMs } = await stat(source)
  return { source, isExecutable: (mode & 0o111) !== 0, bytes: size, changedAtMs: mtimeMs, link: undefined }
}

export async function contentOf(file: SourceFile): Promise<Buffer> {
  return file.link === undefined ? await readFile(file.source) : Buffer.from(file.link)
}
