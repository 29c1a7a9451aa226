import type { Snapshot } from '../../../resources/index.ts'
import { keptSource } from './store.ts'

/** Finds streams of webhooks by their token. The list is made anew when the resources have changed. */
export class WebhookTokens {
  #snapshot: Snapshot | undefined
  #streams: ReadonlyMap<string, string> = new Map()

  /** The key of the stream; `undefined` for a token that nobody has. */
  find(token: string, snapshot: Snapshot): string | undefined {
    if (snapshot !== this.#snapshot) {
      const entries = [...snapshot.streams].flatMap(([key, { spec }]): [string, string][] => {
        const kept = keptSource(spec.foreign)
        return kept === undefined || kept.token === '' ? [] : [[kept.token, key]]
      })
      this.#streams = new Map(entries)
      this.#snapshot = snapshot
    }
    return this.#streams.get(token)
  }
}
