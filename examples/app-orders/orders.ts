/** How an order must end: cleaned, refused by the function, or refused as something that is no order at all. */
export type Fate = 'cleaned' | 'refused' | 'unreadable'

export interface Placed {
  readonly number: string
  readonly body: string
  readonly placedAtMs: number
  readonly fate: Fate
}

/** The n-th order; every fiftieth has no items, and of some the message was cut off. */
export function order(run: string, index: number, placedAtMs: number): Placed {
  const number = `${run}-${index}`
  const items = [
    { sku: ' Green TEA', count: '2' },
    { sku: 'sugar', count: 1 },
    { sku: 'green tea ', count: index % 3 },
  ]
  const sent = index % 50 === 7 ? [] : items
  const whole = JSON.stringify({ number, placedAtMs, items: sent })
  if (index % 97 === 50) return { number, body: whole.slice(0, -12), placedAtMs, fate: 'unreadable' }
  return { number, body: whole, placedAtMs, fate: sent.length === 0 ? 'refused' : 'cleaned' }
}
