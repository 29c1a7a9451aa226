import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/** Why a path may not be touched, in a sentence; the path itself is the user's own. */
export class PathRefusal extends Error {
  override readonly name = 'PathRefusal'
}

/** Refuses what no operator could allow: a relative path means another file wherever the server is started. */
export function checkPath(path: string): void {
  if (!isAbsolute(path)) throw new PathRefusal(`the path ${path} is not absolute`)
  if (path.endsWith(sep) || path.includes('\0'))
    throw new PathRefusal(`the path ${path} is not one of a file`)
}

/**
 * The path of a file with the links of its folders resolved. Throws a PathRefusal when it is not below one of the folders
 * that the operator allows, links considered, or when it or a folder on the way down is hidden: there programs keep what is
 * theirs alone, such as keys. Rejects with the error of the system when a folder is not there.
 *
 * @param follow resolves the last name too, for reading; without it, a link in the place of the file stays one
 */
export async function placeOf(path: string, roots: readonly string[], follow: boolean): Promise<string> {
  checkPath(path)
  if (roots.length === 0) {
    throw new PathRefusal(
      'the operator of this server allows no files; MILLRACE_FILE_ROOTS names the folders below which they may be',
    )
  }
  const asked = resolve(path)
  if (!roots.some(root => isVisibleBelow(asked, resolve(root)))) throw outside(path, roots)
  const real = follow ? await realpath(asked) : join(await realpath(dirname(asked)), basename(asked))
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => undefined)
    if (realRoot !== undefined && isVisibleBelow(real, realRoot)) return real
  }
  throw outside(path, roots)
}

function isVisibleBelow(path: string, root: string): boolean {
  const below = relative(root, path)
  return below !== '' && !isAbsolute(below) && below.split(sep).every(name => !name.startsWith('.'))
}

function outside(path: string, roots: readonly string[]): PathRefusal {
  return new PathRefusal(
    `${path} is not a visible file below ${roots.join(' or ')}, where the operator of this server allows them`,
  )
}
