import type { Item } from './item.ts'
import type { ListedObject } from './object-list.ts'

/** A place in the order of objects. */
export interface Place {
  readonly key: string
  readonly timeMs: number
}

/** How far a listing is read, as it is kept. */
export interface Position {
  /** Objects that were written before are not wanted. */
  readonly sinceMs: number
  /** Everything up to here is done. */
  readonly after?: Place
  /** Of the object after that: how many elements of this version of it. */
  readonly part?: { readonly key: string; readonly eTag: string; readonly elements: number }
}

/** Which of two objects comes first: negative for the left one. Keys are ordered as their UTF-8 is, which is the services' order. */
export function compare(left: Place, right: Place, order: 'time' | 'key'): number {
  const byTime = order === 'time' ? left.timeMs - right.timeMs : 0
  return byTime === 0 ? Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)) : byTime
}

/** Objects under way, in their order: the position is before the first one that is not done. */
export class Progress {
  #position: Position
  readonly #underWay: { readonly item: Item; readonly object: ListedObject }[] = []

  constructor(position: Position) {
    this.#position = position
  }

  get position(): Position {
    return this.#position
  }

  begin(item: Item, object: ListedObject): void {
    this.#underWay.push({ item, object })
  }

  /** Moves on as far as everything is done; answers whether that is further than before. */
  advance(): boolean {
    const before = JSON.stringify(this.#position)
    let { after } = this.#position
    while (this.#underWay[0]?.item.isFinished === true) {
      const { key, timeMs } = this.#underWay.shift()!.object
      after = { key, timeMs }
    }
    const [first] = this.#underWay
    const part =
      first !== undefined && first.item.done > 0
        ? { key: first.object.key, eTag: first.object.eTag, elements: first.item.done }
        : undefined
    const { sinceMs } = this.#position
    this.#position = { sinceMs, ...(after && { after }), ...(part && { part }) }
    return JSON.stringify(this.#position) !== before
  }
}
