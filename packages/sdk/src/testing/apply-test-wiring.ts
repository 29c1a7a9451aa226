import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyWiring, CodeUploads, findWiring, loadWiring, type Wiring } from '../deploy/index.ts'
import { type Client, sortWiring, type WiringDocument, type WiringItem, wiringItems } from '../index.ts'
import type { TestMillraceOptions } from './options.ts'

/** Writes the wiring of a test; functions that have a handler need no code. */
export async function applyTestWiring(
  client: Client,
  folder: string,
  { wiring, functions = {} }: TestMillraceOptions,
): Promise<void> {
  if (wiring === undefined) return
  const given = typeof wiring === 'string' ? await loadWiring(await findWiring(wiring)) : inline(wiring)
  const stand = join(folder, 'stand-in')
  await mkdir(stand)
  await writeFile(
    join(stand, 'index.js'),
    "exports.handler = () => { throw new Error('a handler of the test stands in') }\n",
  )
  const items = given.items.map(
    (item): WiringItem =>
      item.kind === 'function' && Object.hasOwn(functions, item.name)
        ? { ...item, spec: { ...item.spec, code: stand, runtime: 'nodejs', handler: 'index.handler' } }
        : item,
  )
  await applyWiring(client, new CodeUploads(client), { ...given, items }, () => {})
}

function inline(wiring: readonly WiringItem[] | WiringDocument): Wiring {
  const items = Array.isArray(wiring)
    ? sortWiring(wiring as readonly WiringItem[])
    : wiringItems(wiring as WiringDocument)
  return { path: '', folder: process.cwd(), items }
}
