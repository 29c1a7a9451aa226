import { readFile } from 'node:fs/promises'
import { join, matchesGlob } from 'node:path'

/** What never belongs to the code of a function. */
const always = ['.git', '.millrace', '.millraceignore', '.DS_Store', '__pycache__']

export const ignoreFileName = '.millraceignore'

/** True for what is left out; `path` is relative to the folder, with slashes. */
export type Ignores = (path: string, isFolder: boolean) => boolean

/** Reads the `.millraceignore` of a folder, if it has one; see `parseIgnore`. */
export async function readIgnore(folder: string): Promise<Ignores> {
  return parseIgnore(await readFile(join(folder, ignoreFileName), 'utf8').catch(() => ''))
}

/**
 * Rules as in `.gitignore`: a pattern a line, `#` for a comment, `*`, `**` and `?`; with a slash in it, a pattern means a
 * path from the folder on, else a name anywhere; with one at its end, folders only; with `!` before it, what is not left
 * out after all. The last rule that fits decides. What lies in a folder that is left out is not looked at.
 */
export function parseIgnore(text: string): Ignores {
  const rules = text.split(/\r?\n/).flatMap(line => {
    const trimmed = line.trim()
    return trimmed === '' || trimmed.startsWith('#') ? [] : [parseRule(trimmed)]
  })
  return (path, isFolder) => {
    if (always.includes(path.slice(path.lastIndexOf('/') + 1))) return true
    let isIgnored = false
    for (const rule of rules) {
      if ((isFolder || !rule.foldersOnly) && matchesGlob(path, rule.glob)) isIgnored = rule.ignores
    }
    return isIgnored
  }
}

interface Rule {
  readonly glob: string
  readonly foldersOnly: boolean
  readonly ignores: boolean
}

function parseRule(line: string): Rule {
  const ignores = !line.startsWith('!')
  const pattern = ignores ? line : line.slice(1)
  const foldersOnly = pattern.endsWith('/')
  const bare = pattern.replace(/\/$/, '')
  const glob = bare.includes('/') ? bare.replace(/^\//, '') : `**/${bare}`
  return { glob, foldersOnly, ignores }
}
