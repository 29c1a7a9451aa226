/** What is remembered of an accepted event: its position, or the append that will yield it. */
export interface DedupEntry {
  readonly acceptedAtMs: number
  /** Set once the append has resolved. */
  position: number | undefined
  /** Resolves with the position; rejects when the append failed. */
  readonly appended: Promise<number> | undefined
}

/**
 * (source, id) → entry, for one window of time, bounded. Kept as two generations: new entries go into the young one;
 * when it is full, or as old as the window, it becomes the old one and the former old one is forgotten as a whole.
 * So nothing is ever removed one by one, an entry is remembered for at least the window, or, when more come in than
 * there is room for, the latest `entriesMax / 2` are.
 */
export class DedupTable {
  readonly windowMs: number
  readonly #generationMax: number
  #young = new Map<string, DedupEntry>()
  #old = new Map<string, DedupEntry>()
  #youngSinceMs: number | undefined
  /** Entries that were forgotten before their window had passed. */
  forgottenEarly = 0

  constructor(windowMs: number, entriesMax: number) {
    this.windowMs = windowMs
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** The entry accepted within `windowMs` (which may be narrower than the table's) before `nowMs`, if there is one. */
  find(key: string, nowMs: number, windowMs: number): DedupEntry | undefined {
    const entry = this.#young.get(key) ?? this.#old.get(key)
    if (entry === undefined || entry.acceptedAtMs + windowMs <= nowMs) return undefined
    return entry
  }

  add(key: string, entry: DedupEntry): void {
    this.#turn(entry.acceptedAtMs)
    this.#young.set(key, entry)
  }

  /** Forgets an entry whose append failed: the event may be sent again. */
  delete(key: string, entry: DedupEntry): void {
    for (const generation of [this.#young, this.#old]) {
      if (generation.get(key) === entry) generation.delete(key)
    }
  }

  #turn(nowMs: number): void {
    this.#youngSinceMs ??= nowMs
    const isFull = this.#young.size >= this.#generationMax
    if (!isFull && nowMs - this.#youngSinceMs < this.windowMs) return
    if (isFull) {
      for (const entry of this.#old.values()) {
        if (entry.acceptedAtMs + this.windowMs > nowMs) this.forgottenEarly++
      }
    }
    this.#old = this.#young
    this.#young = new Map()
    this.#youngSinceMs = nowMs
  }
}

/** The key of an event. A line feed occurs in no valid source, so two pairs never share a key. */
export function dedupKey(source: string, id: string): string {
  return `${source}\n${id}`
}
