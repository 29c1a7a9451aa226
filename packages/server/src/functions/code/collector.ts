import type { Blobs, Clock } from '@millrace/spi'
import type { Snapshot } from '../../resources/index.ts'

/** How long a package that nothing names is kept: from its upload to the function that is made of it may take a while. */
export const codeGraceMsDefault = 3_600_000
/** Packages that are looked at in one step. */
const pageSize = 1_000
/** Packages without a name that are remembered; what does not fit is remembered in a later round. */
const candidatesMax = 100_000

export interface CodeCollectorOptions {
  readonly blobs: Blobs
  readonly clock: Clock
  readonly snapshot: () => Snapshot
  readonly graceMs?: number
}

/**
 * Removes the packages that no function, version or layer names any more. One goes when nothing has named or asked for
 * it for the time of grace, counted by this process: after a restart all have it anew. So an upload is never lost to the
 * function that is made of it, and a package that is uploaded again while it is being removed is there afterwards.
 */
export class CodeCollector {
  readonly #options: CodeCollectorOptions
  /** Since when nothing names a package. */
  readonly #unnamed = new Map<string, number>()
  readonly #removals = new Map<string, Promise<void>>()

  constructor(options: CodeCollectorOptions) {
    this.#options = options
  }

  /** Somebody uploads or reads a package: its time of grace begins anew. Resolves when it is not being removed. */
  async touch(name: string): Promise<void> {
    this.#unnamed.delete(name)
    await this.#removals.get(name)
  }

  /** One round over all packages; resolves with how many were removed. Not to be called while a round runs. */
  async collect(): Promise<number> {
    const { blobs, clock, graceMs = codeGraceMsDefault } = this.#options
    let removed = 0
    let after = ''
    for (;;) {
      const names = await blobs.list({ after, limit: pageSize })
      // Asked again for each page: what has been named meanwhile must not go.
      const named = namedCode(this.#options.snapshot())
      const expired = names.filter(name => this.#isExpired(name, named, clock.nowMs() - graceMs))
      for (const name of expired) {
        // Touched or named while others were being removed.
        if (!this.#isExpired(name, namedCode(this.#options.snapshot()), clock.nowMs() - graceMs)) continue
        await this.#remove(name)
        removed++
      }
      const last = names.at(-1)
      if (last === undefined || names.length < pageSize) return removed
      after = last
    }
  }

  #isExpired(name: string, named: ReadonlySet<string>, limitMs: number): boolean {
    if (named.has(name)) {
      this.#unnamed.delete(name)
      return false
    }
    const sinceMs = this.#unnamed.get(name)
    if (sinceMs !== undefined) return sinceMs <= limitMs
    if (this.#unnamed.size < candidatesMax) this.#unnamed.set(name, this.#options.clock.nowMs())
    return false
  }

  async #remove(name: string): Promise<void> {
    const removal = this.#options.blobs.delete(name)
    this.#removals.set(
      name,
      removal.catch(() => undefined),
    )
    try {
      await removal
      this.#unnamed.delete(name)
    } finally {
      this.#removals.delete(name)
    }
  }
}

/** Everything that a function, a version or a layer of any account is made of. */
export function namedCode(snapshot: Snapshot): Set<string> {
  const named = new Set<string>()
  for (const { latest, versions } of snapshot.functions.values()) {
    named.add(latest.spec.code)
    for (const { deployment } of versions.values()) named.add(deployment.spec.code)
  }
  for (const { spec } of snapshot.layers.values()) named.add(spec.code)
  return named
}
