import { resolve } from 'node:path'
import {
  type Client,
  MillraceError,
  type PutResult,
  type ResourceClient,
  type WiringItem,
} from '@millrace/sdk'
import type { CodeUploads } from '../code/index.ts'
import type { Wiring } from './load.ts'

export interface AppliedItem {
  readonly kind: WiringItem['kind']
  readonly name: string
  readonly change: 'created' | 'changed' | 'unchanged'
}

/** Writes a wiring, item by item; what is there already as it should be stays untouched. Throws at the first refusal, naming the item. */
export async function applyWiring(
  client: Client,
  uploads: CodeUploads,
  wiring: Wiring,
  report: (item: AppliedItem) => void,
): Promise<void> {
  for (const item of wiring.items) {
    const name = itemName(item)
    try {
      const before = await currentRevision(client, item)
      const { created, revision } = await putItem(client, uploads, item, wiring.folder)
      report({
        kind: item.kind,
        name,
        change: created ? 'created' : revision === before ? 'unchanged' : 'changed',
      })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${item.kind} ${name}: ${reason}`, { cause })
    }
  }
}

/** Deletes what an earlier wiring had and the new one has not, in reverse order of writing. */
export async function removeDropped(
  client: Client,
  before: readonly WiringItem[],
  after: readonly WiringItem[],
): Promise<string[]> {
  const kept = new Set(after.map(item => `${item.kind} ${itemName(item)}`))
  const dropped = before.filter(item => !kept.has(`${item.kind} ${itemName(item)}`)).reverse()
  for (const item of dropped) {
    try {
      await resourcesOf(client, item).delete(item.name)
    } catch (thrown) {
      // Somebody else was faster, or an earlier try got this far.
      if (!isMissing(thrown)) throw thrown
    }
  }
  return dropped.map(item => `${item.kind} ${itemName(item)}`)
}

export function itemName(item: WiringItem): string {
  return item.kind === 'rule' ? `${item.bus}/${item.name}` : item.name
}

async function currentRevision(client: Client, item: WiringItem): Promise<number> {
  try {
    return (await resourcesOf(client, item).get(item.name)).revision
  } catch (thrown) {
    if (isMissing(thrown)) return 0
    throw thrown
  }
}

function resourcesOf(client: Client, item: WiringItem): Pick<ResourceClient<unknown>, 'get' | 'delete'> {
  if (item.kind === 'rule') return client.rules(item.bus)
  return item.kind === 'bus' ? client.buses : client.functions
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof MillraceError && thrown.status === 404
}

async function putItem(
  client: Client,
  uploads: CodeUploads,
  item: WiringItem,
  folder: string,
): Promise<PutResult> {
  if (item.kind === 'bus') return client.buses.put(item.name, item.spec)
  if (item.kind === 'rule') return client.rules(item.bus).put(item.name, item.spec)
  const path = resolve(folder, item.spec.code)
  const put = async (): Promise<PutResult> =>
    await client.functions.put(item.name, { ...item.spec, code: await uploads.upload(path) })
  try {
    return await put()
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.code !== 'function.code-not-found') throw thrown
    // It was sent long ago, and the server has removed it since because nothing named it.
    uploads.forget(path)
    return await put()
  }
}
