import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type AppError, toAppError } from '@millrace/spi'
import { brokenPlugin } from './errors.ts'
import { type PluginKind, type PluginManifest, parseManifest } from './manifest.ts'

/** What lies in the folders of plug-ins. */
export interface Discovery {
  /** Usable as far as can be told without loading; no two of one kind have the same name. */
  readonly manifests: readonly PluginManifest[]
  /** One for each folder that cannot be used. The others are not touched by them. */
  readonly problems: readonly AppError[]
}

/** Where plug-ins of a kind lie below the root of an installation. */
const folders: Readonly<Record<PluginKind, string>> = {
  connector: 'connectors',
  runtime: 'runtimes',
  storage: 'storage',
}

/** Folders of one kind that are looked at; more are a mistake in the path. */
const pluginsMax = 500

const manifestBytesMax = 262_144

/**
 * Finds plug-ins by their package.json alone; no code of theirs is run. A plug-in is a folder in `connectors`,
 * `runtimes` or `storage` below `root`; nothing else lists them. What is wrong with one is a problem, not an exception;
 * rejects only when a folder that is there cannot be listed.
 */
export async function discoverPlugins(root: string): Promise<Discovery> {
  const manifests: PluginManifest[] = []
  const problems: AppError[] = []
  for (const [kind, parent] of Object.entries(folders)) {
    for (const name of await subfolders(join(root, parent))) {
      const folder = `${parent}/${name}`
      try {
        const manifest = await readManifest(folder, join(root, parent, name))
        checkPlace(manifest, kind, manifests)
        manifests.push(manifest)
      } catch (thrown) {
        problems.push(toAppError(thrown))
      }
    }
  }
  return { manifests, problems }
}

async function subfolders(path: string): Promise<string[]> {
  let entries: Dirent[]
  try {
    entries = await readdir(path, { withFileTypes: true })
  } catch (thrown) {
    if (isMissing(thrown)) return []
    throw thrown
  }
  const names = entries
    .filter(entry => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(entry => entry.name)
  return names.toSorted().slice(0, pluginsMax)
}

async function readManifest(folder: string, path: string): Promise<PluginManifest> {
  const file = join(path, 'package.json')
  let text: string
  try {
    const { size } = await stat(file)
    if (size > manifestBytesMax) {
      throw brokenPlugin(folder, `its package.json has ${size} bytes; at most ${manifestBytesMax} are read.`)
    }
    text = await readFile(file, 'utf8')
  } catch (thrown) {
    throw isMissing(thrown) ? brokenPlugin(folder, 'it has no package.json.', thrown) : thrown
  }
  return parseManifest(text, folder, path)
}

function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT'
}

function checkPlace(manifest: PluginManifest, kind: string, others: readonly PluginManifest[]): void {
  if (manifest.kind !== kind) {
    throw brokenPlugin(
      manifest.folder,
      `it is a ${manifest.kind}, but lies among the plug-ins of kind ${kind}.`,
    )
  }
  const twin = others.find(other => other.kind === manifest.kind && other.name === manifest.name)
  if (twin !== undefined) {
    throw brokenPlugin(manifest.folder, `${twin.folder} has the same name, ${manifest.name}.`)
  }
}
