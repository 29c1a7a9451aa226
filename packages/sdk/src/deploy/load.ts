import { readFile, stat } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sortWiring, type WiringDocument, type WiringItem, wiringItems } from '../index.ts'
import { parseDocument } from 'yaml'

const fileNames = [
  'millrace.config.ts',
  'millrace.config.js',
  'millrace.config.yaml',
  'millrace.config.yml',
  'millrace.config.json',
]

export interface Wiring {
  readonly path: string
  /** Folder of the wiring file; code paths are relative to it. */
  readonly folder: string
  readonly items: readonly WiringItem[]
}

/** Finds the wiring file: the path itself, or one of the known names in the folder. */
export async function findWiring(path: string): Promise<string> {
  const absolute = resolve(path)
  const found = await stat(absolute).catch(() => undefined)
  if (found?.isFile() === true) return absolute
  if (found?.isDirectory() === true) {
    for (const name of fileNames) {
      const candidate = join(absolute, name)
      if ((await stat(candidate).catch(() => undefined))?.isFile() === true) return candidate
    }
  }
  throw new Error(`no wiring at ${path}: looked for ${fileNames.join(', ')}`)
}

/** Reads a wiring file; errors name the file, and the line where the format has lines. */
export async function loadWiring(path: string): Promise<Wiring> {
  const folder = dirname(path)
  const extension = extname(path)
  if (extension === '.ts' || extension === '.js') {
    // The query makes each reload a module of its own: Node keeps modules for good.
    const module = (await import(`${pathToFileURL(path).href}?load=${crypto.randomUUID()}`)) as {
      default?: WiringItem[] | WiringDocument
    }
    const exported = module.default
    if (exported === undefined) throw new Error(`${path} has no default export`)
    return { path, folder, items: Array.isArray(exported) ? sortWiring(exported) : wiringItems(exported) }
  }
  const document = parseDocument(await readFile(path, 'utf8'))
  const [error] = document.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  return { path, folder, items: wiringItems((document.toJS() ?? {}) as WiringDocument) }
}
