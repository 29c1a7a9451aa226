/** A resource as it is given back. */
export interface Resource<Spec> {
  readonly name: string
  readonly spec: Spec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface PutResult {
  readonly created: boolean
  /** Unchanged when the spec was already so: writing the same twice is one write. */
  readonly revision: number
}

export interface Page {
  /** Names greater than this one. */
  readonly after?: string | undefined
  /** At most this many; 100 unless told, 1,000 at most. */
  readonly limit?: number | undefined
}

export interface PageOf<Spec> {
  readonly items: readonly Resource<Spec>[]
  /** Name to continue after, when there are more. */
  readonly next: string | undefined
}

/** One page of resources in order of their names. */
export function pageOf<Spec>(all: Iterable<Resource<Spec>>, page: Page): PageOf<Spec> {
  const limit = Math.min(Math.max(1, page.limit ?? 100), 1_000)
  const after = page.after ?? ''
  const sorted = [...all]
    .filter(item => item.name > after)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  const items = sorted.slice(0, limit)
  return { items, next: sorted.length > limit ? items.at(-1)?.name : undefined }
}
