import { copyFileSync, linkSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { folders } from './check.ts'

/** What of a file is needed to put it into another folder. */
export interface LinkableFile {
  readonly path: string
  readonly link: string | undefined
}

/** Puts files of one folder into another that has none of them, without copying where the file system can do that. */
export function linkFiles(
  files: Iterable<LinkableFile>,
  from: string,
  into: string,
  made: Set<string>,
): void {
  for (const { path, link } of files) {
    for (const folder of folders(path)) {
      if (made.has(folder)) continue
      mkdirSync(join(into, folder), { mode: 0o755 })
      made.add(folder)
    }
    if (link === undefined) linkOrCopy(join(from, path), join(into, path))
    else symlinkSync(link, join(into, path))
  }
}

/** Another file system, or one that has no links or no more of them for this file: then a copy has to do. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) throw error
    copyFileSync(from, to)
  }
}
