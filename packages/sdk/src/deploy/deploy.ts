import type { Client, WiringNoteItem } from '../index.ts'
import type { CodeUploads } from '../code/index.ts'
import { type AppliedItem, applyWiring, removeDropped } from './apply.ts'
import { identityOf, itemKey } from '../wiring-identity.ts'
import type { Wiring } from './load.ts'
import { readNotes, writeNotes } from './notes.ts'
import { digestOf, wantedSpec } from './plan/index.ts'

type Report = (item: AppliedItem) => void

/**
 * Writes a wiring. A named one owns what it brings: what it has no more is removed, and of two that are applied at a time
 * one is refused with `resource.conflict`. When it is broken off, what has come so far is noted, and the next time goes on.
 */
export async function deployWiring(
  client: Client,
  uploads: CodeUploads,
  /** `described` is what the wiring says, before secrets were put in: only that is noted. */
  { wiring, described }: { wiring: Wiring; described: Wiring },
  report: Report,
): Promise<void> {
  const { name } = wiring
  if (name === undefined) return await applyWiring(client, uploads, wiring, report)
  const before = await readNotes(client, name)
  const identities = wiring.items.map(identityOf)
  const known = new Map(before.items.map(item => [itemKey(item), item]))
  const begun = identities.filter(each => !known.has(itemKey(each)))
  const pending = [...before.items, ...begun.map(each => ({ ...each, digest: '', revision: 0 }))]
  const revision = await writeNotes(client, name, pending, before.revision)
  const revisions: number[] = []
  await applyWiring(client, uploads, wiring, item => {
    revisions.push(item.revision)
    report(item)
  })
  await removeDropped(client, before.items, identities, report)
  const context = { client, folder: wiring.folder, layers: new Map<string, number>() }
  const items: WiringNoteItem[] = []
  for (const [at, item] of described.items.entries()) {
    const digest = digestOf(await wantedSpec(context, item))
    items.push({ ...identityOf(item), digest, revision: revisions[at] ?? 0 })
  }
  await writeNotes(client, name, items, revision)
}

/** Removes everything that a named wiring has brought, in reverse order, and forgets it. Layers stay. */
export async function destroyWiring(client: Client, name: string, report: Report): Promise<void> {
  const { items } = await readNotes(client, name)
  await removeDropped(client, items, [], report)
  await client.wirings.delete(name)
}
