import { type Client, MillraceError, type ResourceClient } from '../index.ts'
import type { ItemIdentity } from '../wiring-identity.ts'
import { newestLayer } from './layers.ts'

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
    case 'domain':
      return client.domains
    case 'policy':
      return client.policies
    case 'role':
      return client.roles
    case 'group':
      return client.groups
    case 'user':
      return client.users
    case 'layer':
      return undefined
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof MillraceError && thrown.status === 404
}
