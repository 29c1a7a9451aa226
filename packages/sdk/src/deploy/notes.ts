import { type Client, MillraceError, type WiringNote, type WiringNoteItem } from '../index.ts'
import type { ItemIdentity } from '../wiring-identity.ts'

/** What a named wiring has brought to a server, and which revision of the note that was. */
export interface Notes {
  readonly items: readonly (WiringNoteItem & ItemIdentity)[]
  /** 0 when there is none. */
  readonly revision: number
}

export async function readNotes(client: Client, name: string): Promise<Notes> {
  try {
    const { spec, revision } = await client.wirings.get(name)
    return { items: spec.items as (WiringNoteItem & ItemIdentity)[], revision }
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.status === 404) return { items: [], revision: 0 }
    throw thrown
  }
}

/**
 * Writes the notes unless somebody else has meanwhile.
 *
 * @returns the new revision
 * @throws MillraceError `resource.conflict` when the notes are not at this revision
 */
export async function writeNotes(
  client: Client,
  name: string,
  items: readonly WiringNoteItem[],
  revision: number,
): Promise<number> {
  const note: WiringNote = {
    items: items.map(({ kind, parent, name: own, digest, revision: at }) => ({
      kind,
      ...(parent === undefined ? {} : { parent }),
      name: own,
      digest,
      revision: at,
    })),
  }
  return (await client.wirings.put(name, note, { revision })).revision
}
