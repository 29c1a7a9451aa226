import type { Client, WiringItem } from '../index.ts'
import type { CodeUploads } from '../code/index.ts'
import { identityOf, type ItemIdentity, itemKey, itemName } from '../wiring-identity.ts'
import { currentItem, deleteItem } from './item.ts'
import type { Wiring } from './load.ts'
import { type PutContext, putItem } from './put.ts'

export interface AppliedItem {
  readonly kind: WiringItem['kind']
  readonly name: string
  readonly change: 'created' | 'changed' | 'unchanged' | 'removed'
  /** Of the resource as it is now; 0 when it was removed. */
  readonly revision: number
}

/** Writes a wiring, item by item; what is there already as it should be stays untouched. Throws at the first refusal, naming the item. */
export async function applyWiring(
  client: Client,
  uploads: CodeUploads,
  wiring: Pick<Wiring, 'folder' | 'items'>,
  report: (item: AppliedItem) => void,
): Promise<void> {
  const context: PutContext = { client, uploads, folder: wiring.folder, layers: new Map() }
  for (const item of wiring.items) {
    await naming(identityOf(item), async () => report(await applyItem(context, item)))
  }
}

/** Writes one item, where it is not there as it should be. */
export async function applyItem(context: PutContext, item: WiringItem): Promise<AppliedItem> {
  const identity = identityOf(item)
  const before = (await currentItem(context.client, identity))?.revision ?? 0
  const { created, revision } = await putItem(context, item)
  const change = created ? 'created' : revision === before ? 'unchanged' : 'changed'
  return { kind: item.kind, name: itemName(identity), change, revision }
}

/** Deletes what was there before and is no more, in reverse order of writing. */
export async function removeDropped(
  client: Client,
  before: readonly ItemIdentity[],
  after: readonly ItemIdentity[],
  report: (item: AppliedItem) => void,
): Promise<void> {
  const kept = new Set(after.map(itemKey))
  for (const identity of before.filter(each => !kept.has(itemKey(each))).toReversed()) {
    await naming(identity, async () => {
      if (await deleteItem(client, identity)) {
        report({ kind: identity.kind, name: itemName(identity), change: 'removed', revision: 0 })
      }
    })
  }
}

/** Does something with an item; a refusal says which item it was. */
export async function naming(identity: ItemIdentity, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${itemKey(identity)}: ${reason}`, { cause })
  }
}
