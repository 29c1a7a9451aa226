import { resolve } from 'node:path'
import type { Client, PutResult, WiringItem } from '@millrace/sdk'
import { readCode } from './code.ts'
import type { Wiring } from './load.ts'

export interface AppliedItem {
  readonly kind: WiringItem['kind']
  readonly name: string
  readonly change: 'created' | 'changed' | 'unchanged'
}

/** Writes a wiring, item by item; what is there already as it should be stays untouched. Throws at the first refusal, naming the item. */
export async function applyWiring(
  client: Client,
  wiring: Wiring,
  report: (item: AppliedItem) => void,
): Promise<void> {
  for (const item of wiring.items) {
    const name = itemName(item)
    try {
      const before = await currentRevision(client, item)
      const { created, revision } = await putItem(client, item, wiring.folder)
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
    if (item.kind === 'rule') await client.rules(item.bus).delete(item.name)
    else if (item.kind === 'function') await client.functions.delete(item.name)
    else await client.buses.delete(item.name)
  }
  return dropped.map(item => `${item.kind} ${itemName(item)}`)
}

export function itemName(item: WiringItem): string {
  return item.kind === 'rule' ? `${item.bus}/${item.name}` : item.name
}

async function currentRevision(client: Client, item: WiringItem): Promise<number> {
  const resources =
    item.kind === 'rule' ? client.rules(item.bus) : item.kind === 'bus' ? client.buses : client.functions
  try {
    return (await resources.get(item.name)).revision
  } catch {
    return 0
  }
}

async function putItem(client: Client, item: WiringItem, folder: string): Promise<PutResult> {
  if (item.kind === 'bus') return client.buses.put(item.name, item.spec)
  if (item.kind === 'rule') return client.rules(item.bus).put(item.name, item.spec)
  const code = await client.uploadCode(await readCode(resolve(folder, item.spec.code)))
  return client.functions.put(item.name, { ...item.spec, code })
}
