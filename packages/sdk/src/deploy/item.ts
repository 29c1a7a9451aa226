import { type Client, MillraceError, type ResourceClient, type WiringItem } from '../index.ts'
import { newestLayer } from './layers.ts'

/** What tells one resource of an account from all others. */
export interface ItemIdentity {
  readonly kind: WiringItem['kind']
  /** Bus of a rule, function of a trigger or setting, topic of a subscription. */
  readonly parent?: string
  readonly name: string
}

export function identityOf(item: WiringItem): ItemIdentity {
  const { kind, name } = item
  if (item.kind === 'rule') return { kind, name, parent: item.bus }
  if (item.kind === 'subscription') return { kind, name, parent: item.topic }
  return 'function' in item ? { kind, name, parent: item.function } : { kind, name }
}

/** What people call it: `shop/big` for a rule, its own name for most. */
export function itemName({ parent, name }: ItemIdentity): string {
  return parent === undefined ? name : `${parent}/${name}`
}

export function itemKey(identity: ItemIdentity): string {
  return `${identity.kind} ${itemName(identity)}`
}

/** A resource as the server has it; for a layer, its newest version. */
export interface CurrentItem {
  readonly spec: unknown
  readonly revision: number
}

export async function currentItem(client: Client, identity: ItemIdentity): Promise<CurrentItem | undefined> {
  if (identity.kind === 'layer') {
    const newest = await newestLayer(client, identity.name)
    return newest && { spec: newest.spec, revision: newest.version }
  }
  try {
    return await resourcesOf(client, identity)?.get(identity.name)
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

/**
 * Deletes it; resolves with false when there is nothing to delete. Versions of layers stay: others may use them.
 */
export async function deleteItem(client: Client, identity: ItemIdentity): Promise<boolean> {
  const resources = resourcesOf(client, identity)
  if (resources === undefined) return false
  try {
    await resources.delete(identity.name)
    return true
  } catch (thrown) {
    // Somebody else was faster, or an earlier try got this far.
    if (isMissing(thrown)) return false
    throw thrown
  }
}

/** `undefined` for layers, whose versions are never written again. */
function resourcesOf(
  client: Client,
  { kind, parent = '' }: ItemIdentity,
): Pick<ResourceClient<unknown>, 'get' | 'delete'> | undefined {
  switch (kind) {
    case 'bus':
      return client.buses
    case 'function':
      return client.functions
    case 'rule':
      return client.rules(parent)
    case 'instance':
      return client.instances
    case 'stream':
      return client.streams
    case 'queue':
      return client.queues
    case 'topic':
      return client.topics
    case 'subscription':
      return client.topics.subscriptions(parent)
    case 'trigger':
      return client.functionTriggers(parent)
    case 'async':
      return client.functionAsync(parent)
    case 'scaling':
      return client.functionScaling(parent)
    case 'layer':
      return undefined
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof MillraceError && thrown.status === 404
}
