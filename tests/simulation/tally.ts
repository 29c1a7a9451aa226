/** Counts of what a run did, by kind and name; the sum of many runs is the summary. */
export class Tally {
  readonly counts = new Map<string, Map<string, number>>()

  add(kind: string, name: string, count = 1): void {
    let names = this.counts.get(kind)
    if (names === undefined) {
      names = new Map()
      this.counts.set(kind, names)
    }
    names.set(name, (names.get(name) ?? 0) + count)
  }

  of(kind: string, name: string): number {
    return this.counts.get(kind)?.get(name) ?? 0
  }

  /** Names of a kind with their counts, in the order of the names. */
  names(kind: string): [string, number][] {
    return [...(this.counts.get(kind) ?? [])].sort(([left], [right]) => (left < right ? -1 : 1))
  }

  merge(other: Tally): void {
    for (const [kind, names] of other.counts) for (const [name, count] of names) this.add(kind, name, count)
  }
}
