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
  /** Under which a server keeps what it has brought there. */
  readonly name?: string | undefined
}

/** What the function that a wiring file exports is told. */
export interface WiringContext {
  /** What `--env` names; `undefined` without it. */
  readonly environment: string | undefined
}

type Exported = readonly WiringItem[] | WiringDocument

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

/**
 * Reads a wiring file; errors name the file, and the line where the format has lines. A file in TypeScript or JavaScript
 * exports items, a document, or a function that makes one of them for an environment; its name is the export `name`, or that
 * of the document. With an environment, that is added to the name: `shop.staging`.
 */
export async function loadWiring(path: string, environment?: string): Promise<Wiring> {
  const folder = dirname(path)
  const extension = extname(path)
  const { exported, name } =
    extension === '.ts' || extension === '.js'
      ? await importWiring(path, environment)
      : await parseWiring(path)
  const isList = Array.isArray(exported)
  const items = isList ? sortWiring(exported) : wiringItems(exported as WiringDocument)
  const own = name ?? (isList ? undefined : (exported as WiringDocument).name)
  return {
    path,
    folder,
    items,
    name: own === undefined || environment === undefined ? own : `${own}.${environment}`,
  }
}

async function importWiring(
  path: string,
  environment: string | undefined,
): Promise<{ exported: Exported; name: string | undefined }> {
  // The query makes each reload a module of its own: Node keeps modules for good.
  const module = (await import(`${pathToFileURL(path).href}?load=${crypto.randomUUID()}`)) as {
    default?: Exported | ((context: WiringContext) => Exported | Promise<Exported>)
    name?: string
  }
  const { default: exported, name } = module
  if (exported === undefined) throw new Error(`${path} has no default export`)
  return { exported: typeof exported === 'function' ? await exported({ environment }) : exported, name }
}

async function parseWiring(path: string): Promise<{ exported: WiringDocument; name: undefined }> {
  const document = parseDocument(await readFile(path, 'utf8'))
  const [error] = document.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  return { exported: (document.toJS() ?? {}) as WiringDocument, name: undefined }
}
