import type { Client } from '../../index.ts'
import { identityOf, type ItemIdentity, itemKey, itemName } from '../../wiring-identity.ts'
import { currentItem } from '../item.ts'
import { newestLayer } from '../layers.ts'
import type { Wiring } from '../load.ts'
import { readNotes } from '../notes.ts'
import { decide, type Decision } from './decide.ts'
import { digestOf, type WantedContext, wantedSpec } from './wanted.ts'

export interface PlannedItem extends Omit<Decision, 'change'> {
  readonly kind: ItemIdentity['kind']
  readonly name: string
  readonly change: Decision['change'] | 'remove'
}

/**
 * What applying the wiring would do, in its order; it changes nothing. A named wiring is also compared with what it was
 * when it was applied last: what it has no more would be removed, and what somebody else has changed is marked. Whether the
 * server would refuse something is not asked.
 */
export async function planWiring(client: Client, wiring: Wiring): Promise<PlannedItem[]> {
  const { items: noted } = wiring.name === undefined ? { items: [] } : await readNotes(client, wiring.name)
  const notes = new Map(noted.map(note => [itemKey(note), note]))
  const context: WantedContext = { client, folder: wiring.folder, layers: await layersOf(client, wiring) }
  const planned: PlannedItem[] = []
  for (const item of wiring.items) {
    const identity = identityOf(item)
    const wanted = await wantedSpec(context, item)
    const current = await currentItem(client, identity)
    const decision = decide({
      wanted,
      digest: digestOf(wanted),
      current,
      noted: notes.get(itemKey(identity)),
    })
    planned.push({ kind: identity.kind, name: itemName(identity), ...decision })
    notes.delete(itemKey(identity))
  }
  for (const left of [...notes.values()].toReversed()) {
    // Versions of layers are never taken away.
    if (left.kind === 'layer' || (await currentItem(client, left)) === undefined) continue
    planned.push({ kind: left.kind, name: itemName(left), change: 'remove', drifted: false, differences: [] })
  }
  return planned
}

/** Versions that the layers of the wiring have; those that are not there yet will have the first. */
async function layersOf(client: Client, { items }: Wiring): Promise<Map<string, number>> {
  const versions = new Map<string, number>()
  for (const { kind, name } of items) {
    if (kind === 'layer') versions.set(name, (await newestLayer(client, name))?.version ?? 1)
  }
  return versions
}
