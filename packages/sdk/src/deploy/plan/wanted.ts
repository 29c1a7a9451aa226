import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Client, WiringItem } from '../../index.ts'
import { packCode } from '../../code/index.ts'
import { layerVersions } from '../put.ts'

export interface WantedContext {
  readonly client: Client
  /** Code paths are relative to it. */
  readonly folder: string
  /** Versions of the layers that were met so far, as they are or will be. */
  readonly layers: Map<string, number>
}

/** The spec of an item as the server would show it: code and layers by the names that they have there. */
export async function wantedSpec(context: WantedContext, item: WiringItem): Promise<unknown> {
  if (item.kind === 'layer') return { ...item.spec, code: await codeName(context, item.spec.code) }
  if (item.kind !== 'function') return item.spec
  const layers = await layerVersions(context, item.spec.layers)
  return { ...item.spec, ...layers, code: await codeName(context, item.spec.code) }
}

/** Names of packages are made from their content. */
async function codeName({ folder }: WantedContext, path: string): Promise<string> {
  const { zip } = await packCode(resolve(folder, path))
  return createHash('sha256').update(zip).digest('hex')
}

/** Tells whether a wiring says the same as before; the order of members does not matter. */
export function digestOf(spec: unknown): string {
  return createHash('sha256').update(sorted(spec)).digest('hex').slice(0, 32)
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  )
}
