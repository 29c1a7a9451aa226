import { type Client, MillraceError, type ResourceClient, type WiringItem } from '../index.ts'
import type { CodeUploads } from '../code/index.ts'
import type { Wiring } from './load.ts'
import { newestLayer } from './layers.ts'
import { type PutContext, putItem } from './put.ts'

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
  const context: PutContext = { client, uploads, folder: wiring.folder, layers: new Map() }
  for (const item of wiring.items) {
    const name = itemName(item)
    try {
      const before = await currentRevision(client, item)
      const { created, revision } = await putItem(context, item)
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

/**
 * Deletes what an earlier wiring had and the new one has not, in reverse order of writing. Versions of layers stay:
 * others may use them.
 */
export async function removeDropped(
  client: Client,
  before: readonly WiringItem[],
  after: readonly WiringItem[],
): Promise<string[]> {
  const kept = new Set(after.map(item => `${item.kind} ${itemName(item)}`))
  const dropped = before.filter(item => !kept.has(`${item.kind} ${itemName(item)}`)).reverse()
  const removed: string[] = []
  for (const item of dropped) {
    const resources = resourcesOf(client, item)
    if (resources === undefined) continue
    try {
      await resources.delete(item.name)
    } catch (thrown) {
      // Somebody else was faster, or an earlier try got this far.
      if (!isMissing(thrown)) throw thrown
    }
    removed.push(`${item.kind} ${itemName(item)}`)
  }
  return removed
}

export function itemName(item: WiringItem): string {
  if (item.kind === 'rule') return `${item.bus}/${item.name}`
  return 'function' in item ? `${item.function}/${item.name}` : item.name
}

/** 0 for what is not there yet. */
async function currentRevision(client: Client, item: WiringItem): Promise<number> {
  if (item.kind === 'layer') return (await newestLayer(client, item.name))?.version ?? 0
  try {
    return (await resourcesOf(client, item)?.get(item.name))?.revision ?? 0
  } catch (thrown) {
    if (isMissing(thrown)) return 0
    throw thrown
  }
}

/** `undefined` for layers, whose versions are never written again. */
function resourcesOf(
  client: Client,
  item: WiringItem,
): Pick<ResourceClient<unknown>, 'get' | 'delete'> | undefined {
  switch (item.kind) {
    case 'bus':
      return client.buses
    case 'function':
      return client.functions
    case 'rule':
      return client.rules(item.bus)
    case 'instance':
      return client.instances
    case 'stream':
      return client.streams
    case 'queue':
      return client.queues
    case 'topic':
      return client.topics
    case 'subscription':
      return client.topics.subscriptions(item.topic)
    case 'trigger':
      return client.functionTriggers(item.function)
    case 'async':
      return client.functionAsync(item.function)
    case 'scaling':
      return client.functionScaling(item.function)
    case 'layer':
      return undefined
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof MillraceError && thrown.status === 404
}
