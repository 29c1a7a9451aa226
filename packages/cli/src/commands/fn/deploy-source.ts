import { access } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import type { FunctionPartItem, FunctionSpec, WiringItem } from '@millrace/sdk'
import { findWiring, loadWiring } from '@millrace/sdk/deploy'

/** What is deployed: the name, what is known of the spec from the folder, and where the code is. */
export interface DeploySource {
  readonly name: string
  readonly spec: Partial<FunctionSpec>
  readonly codePath: string
  /** Triggers and settings that the wiring has for it. */
  readonly parts: readonly FunctionPartItem[]
}

/**
 * A folder with a wiring file: the function in it, the one that is named if there are several. Anything else is the code
 * itself: a folder, a zip or a file, whose name is the function's unless another is given.
 */
export async function findSource(path: string, name: string | undefined): Promise<DeploySource> {
  const absolute = resolve(path)
  const wiringPath = await findWiring(absolute).catch(() => undefined)
  // A file that is named itself is code, also when it could be read as a wiring.
  if (wiringPath === undefined || wiringPath === absolute) {
    const own = basename(absolute, extname(absolute))
    return { name: name ?? own, spec: await guess(absolute), codePath: absolute, parts: [] }
  }
  const { items, folder } = await loadWiring(wiringPath)
  const functions = items.filter(item => item.kind === 'function')
  const found = name === undefined ? functions : functions.filter(item => item.name === name)
  const [item] = found
  if (item !== undefined && found.length === 1) {
    const parts = items.filter(each => isPartOf(item.name, each))
    return { name: item.name, spec: item.spec, codePath: resolve(folder, item.spec.code), parts }
  }
  const names = functions.map(each => each.name).join(', ') || 'none'
  if (name !== undefined) throw new Error(`${wiringPath} has no function ${name}; it has ${names}`)
  throw new Error(`${wiringPath} has several functions or none: ${names}. Say which with --name`)
}

function isPartOf(name: string, item: WiringItem): item is FunctionPartItem {
  return 'function' in item && item.function === name
}

/** Which runtime code without a wiring is for, by the file that it begins with. */
const starts: readonly (readonly [string, Partial<FunctionSpec>])[] = [
  ['index.mjs', { runtime: 'nodejs', handler: 'index.handler' }],
  ['index.js', { runtime: 'nodejs', handler: 'index.handler' }],
  ['index.cjs', { runtime: 'nodejs', handler: 'index.handler' }],
  ['index.ts', { runtime: 'nodejs', handler: 'index.handler' }],
  ['index.py', { runtime: 'python', handler: 'index.handler' }],
  ['bootstrap', { runtime: 'custom', handler: 'bootstrap' }],
]

const extensions: Readonly<Record<string, string>> = {
  '.js': 'nodejs',
  '.mjs': 'nodejs',
  '.cjs': 'nodejs',
  '.ts': 'nodejs',
  '.mts': 'nodejs',
  '.py': 'python',
}

async function guess(path: string): Promise<Partial<FunctionSpec>> {
  const extension = extname(path)
  const runtime = extensions[extension]
  if (runtime !== undefined) return { runtime, handler: `${basename(path, extension)}.handler` }
  for (const [file, spec] of starts) {
    const isThere = await access(join(path, file)).then(
      () => true,
      () => false,
    )
    if (isThere) return spec
  }
  return {}
}
