import type { Fate, Placed } from './orders.ts'

/** How one order ended. */
export interface Ended {
  readonly number: string
  readonly fate: Fate
}

/** What the queue of refused orders holds of one: the event that the function made, or a dead letter of the stream. */
export function readRefused(text: string): Ended {
  const { deadlettercode, data } = JSON.parse(text) as {
    deadlettercode?: string
    data: { number?: string; body?: string; messageBody?: string }
  }
  if (deadlettercode === undefined) return { number: data.number ?? '', fate: 'refused' }
  // What is no JSON is kept as base64.
  const body = Buffer.from(data.body ?? data.messageBody ?? '', 'base64').toString()
  return { number: /"number":"([^"]+)"/.exec(body)?.[1] ?? '', fate: 'unreadable' }
}

/** Every order has ended once, as it must; throws a sentence that names one that has not. */
export function account(placed: readonly Placed[], ended: readonly Ended[]): Record<Fate, number> {
  const left = new Map(placed.map(({ number, fate }) => [number, fate]))
  const counts: Record<Fate, number> = { cleaned: 0, refused: 0, unreadable: 0 }
  for (const { number, fate } of ended) {
    const expected = left.get(number)
    if (expected === undefined)
      throw new Error(`order ${number} is ${fate}, but was not placed, or has ended before`)
    if (expected !== fate) throw new Error(`order ${number} is ${fate}, and should be ${expected}`)
    left.delete(number)
    counts[fate]++
  }
  const [lost] = left.keys()
  if (lost !== undefined) throw new Error(`${left.size} orders are lost; the first is ${lost}`)
  return counts
}
