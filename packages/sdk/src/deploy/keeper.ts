import { resolve } from 'node:path'
import type { Client, WiringItem } from '../index.ts'
import { CodeUploads } from '../code/index.ts'
import { type AppliedItem, applyItem, naming, removeDropped } from './apply.ts'
import { identityOf, type ItemIdentity, itemKey } from '../wiring-identity.ts'
import type { Wiring } from './load.ts'
import { digestOf } from './plan/index.ts'
import type { PutContext } from './put.ts'

/** What a keeper has written of one item. */
interface Kept {
  readonly identity: ItemIdentity
  /** Of all that the item says, its code and its layers included. */
  readonly mark: string
}

/**
 * Keeps one server in step with a wiring that changes. What has not changed since it was last written is left alone: the server
 * is not even asked, and what runs of it goes on.
 */
export class WiringKeeper {
  readonly #client: Client
  readonly #uploads: CodeUploads
  readonly #kept = new Map<string, Kept>()

  constructor(client: Client) {
    this.#client = client
    this.#uploads = new CodeUploads(client)
  }

  /**
   * Writes what has changed and removes what is gone; resolves with the number of items that were left alone. Throws at the
   * first refusal, naming the item; what was written by then is known, and the next time goes on behind it.
   */
  async apply(
    wiring: Pick<Wiring, 'folder' | 'items'>,
    report: (item: AppliedItem) => void,
  ): Promise<number> {
    const { folder, items } = wiring
    const context: PutContext = {
      client: this.#client,
      uploads: this.#uploads,
      folder,
      layers: new Map(),
    }
    let untouched = 0
    for (const item of items) {
      const identity = identityOf(item)
      await naming(identity, async () => {
        const key = itemKey(identity)
        const mark = await this.#markOf(item, folder)
        if (this.#kept.get(key)?.mark === mark) {
          untouched++
          return
        }
        // What is written in part, or is refused, is written again the next time.
        this.#kept.set(key, { identity, mark: '' })
        const applied = await applyItem(context, item)
        this.#kept.set(key, { identity, mark })
        report(applied)
      })
    }
    const kept = [...this.#kept.values()].map(({ identity }) => identity)
    await removeDropped(this.#client, kept, items.map(identityOf), report)
    const wanted = new Set(items.map(item => itemKey(identityOf(item))))
    for (const key of this.#kept.keys()) if (!wanted.has(key)) this.#kept.delete(key)
    return untouched
  }

  async #markOf(item: WiringItem, folder: string): Promise<string> {
    if (item.kind !== 'function' && item.kind !== 'layer') return digestOf(item)
    const code = await this.#uploads.fingerprint(resolve(folder, item.spec.code))
    const layers = item.kind === 'function' ? (item.spec.layers ?? []) : []
    // A layer without a version is the newest one, whose number is not known yet.
    return digestOf([item, code, layers.map(layer => this.#kept.get(`layer ${layer}`)?.mark)])
  }
}
