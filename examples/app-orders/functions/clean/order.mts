/** An order as a shop sends it. */
export interface Typed {
  readonly number?: unknown
  readonly placedAtMs?: unknown
  readonly items?: unknown
}

export type Judged =
  | { readonly type: 'order.cleaned'; readonly data: Cleaned }
  | { readonly type: 'order.refused'; readonly data: { number: string; reason: string } }

/** An order as the house wants it. */
interface Cleaned {
  readonly number: string
  readonly placedAtMs: number
  readonly items: { sku: string; count: number }[]
}

/**
 * Puts the items of an order into one form: names trimmed and in small letters, counts as numbers, what stands there twice
 * once. An order of which nothing is left is refused with the reason, and so is one without a number or a time.
 */
export function cleaned({ number, placedAtMs, items }: Typed): Judged {
  const name = typeof number === 'string' ? number.trim() : ''
  const refused = (reason: string): Judged => ({ type: 'order.refused', data: { number: name, reason } })
  if (name === '') return refused('it has no number')
  if (typeof placedAtMs !== 'number') return refused('nobody knows when it was placed')
  const counts = new Map<string, number>()
  for (const item of Array.isArray(items) ? items : []) {
    const { sku, count } = item as { sku?: unknown; count?: unknown }
    const key = typeof sku === 'string' ? sku.trim().toLowerCase() : ''
    const wanted = Number(count)
    if (key !== '' && Number.isInteger(wanted) && wanted > 0) counts.set(key, (counts.get(key) ?? 0) + wanted)
  }
  if (counts.size === 0) return refused('it has no items')
  const list = [...counts].map(([sku, count]) => ({ sku, count }))
  return { type: 'order.cleaned', data: { number: name, placedAtMs, items: list } }
}
