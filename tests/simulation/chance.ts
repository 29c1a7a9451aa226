import type { Random } from '@millrace/spi'
import { seededRandom } from '@millrace/spi/conformance'

/** Draws from one seeded source, in the words a schedule needs. */
export class Chance {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  happens(share: number): boolean {
    return this.random.next() < share
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random.next() * (most - least + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.random.next() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][]
    let left = this.random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return this.pick(entries)[0]
  }
}
