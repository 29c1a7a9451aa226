/** What takes the place of names beyond a limit. */
export const otherLabel = 'other'

/**
 * Bounds how many values one label may have: a series per queue, and there may be any number of queues. The first
 * `max` names keep their name for the life of the process; all further ones are counted under `other`.
 */
export class LabelLimit {
  private readonly known = new Set<string>()
  private readonly max: number

  constructor(max: number) {
    this.max = max
  }

  label(name: string): string {
    if (this.known.has(name)) return name
    if (this.known.size >= this.max) return otherLabel
    this.known.add(name)
    return name
  }
}
