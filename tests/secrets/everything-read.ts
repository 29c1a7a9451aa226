import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Planting } from './planting.ts'
import type { Searched } from './traces-of.ts'

/** Answers without an end. */
const tails = /\/logs$|\/receive$/

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Reads every path of the API that can be read, for each name that there is in its place. Returns how many were. */
export async function readEverything(
  planting: Planting,
  names: Readonly<Record<string, readonly string[]>>,
): Promise<number> {
  const { paths } = (await planting.call('GET', '/openapi.json')).json as unknown as Document
  let count = 0
  for (const [path, operations] of Object.entries(paths)) {
    if (!('get' in operations) || tails.test(path)) continue
    for (const filled of filledPaths(path.replace('/api/v1', ''), names)) {
      const { status } = await planting.call('GET', filled)
      if (status === 200) count++
    }
  }
  return count
}

/** `name` stands for different things: the part of the path before it tells which. */
function filledPaths(path: string, names: Readonly<Record<string, readonly string[]>>): string[] {
  const match = /([\w-]+)\/\{(\w+)\}/.exec(path)
  if (match === null) return [path]
  const [whole, kind = '', parameter = ''] = match
  const values = names[kind] ?? names[parameter] ?? ['1']
  return values.flatMap(value =>
    filledPaths(path.replace(whole, `${kind}/${encodeURIComponent(value)}`), names),
  )
}

/** Every file below a folder. */
export async function everyFile(folder: string): Promise<Searched[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return await Promise.all(
    entries
      .filter(entry => entry.isFile())
      .map(async entry => {
        const path = join(entry.parentPath, entry.name)
        return { name: `the file ${path.slice(folder.length)}`, bytes: await readFile(path) }
      }),
  )
}
