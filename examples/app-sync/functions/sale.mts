/** A sale as a till writes it: local time with its offset, money as the receipt shows it. */
export interface TillSale {
  readonly kind: string
  readonly id: string
  readonly till: string
  readonly at: string
  readonly total: string
  readonly currency: string
}

/** A sale as all others read it. */
export interface Sale {
  readonly id: string
  readonly till: string
  /** UTC; as the till wrote it when that is no time. */
  readonly at: string
  /** `yyyy/MM/dd/HH` in UTC, for those who keep sales by the hour. */
  readonly hour: string
  /** In the smallest unit of the currency: cents of euros, yen. `null` when the total is no number. */
  readonly amount: number | null
  readonly currency: string
}

/** Digits behind the point, for currencies that do not have two. */
const decimals: Readonly<Record<string, number>> = { JPY: 0, KWD: 3 }

/** Where a sale lies whose time cannot be read: it must not be lost, nor hold up the others. */
export const undated = 'undated'

export function converted({ id, till, at, total, currency }: TillSale): Sale {
  const upper = currency.toUpperCase()
  const timeMs = Date.parse(at)
  const time = Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString()
  return {
    id,
    till,
    at: time ?? at,
    hour: time === undefined ? undated : time.slice(0, 13).replaceAll(/[-T]/g, '/'),
    amount: amountOf(total, decimals[upper] ?? 2),
    currency: upper,
  }
}

/** Digits are moved, not multiplied: 1.15 × 100 is not 115. */
function amountOf(total: string, places: number): number | null {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:[.,](\d+))?$/.exec(total.trim()) ?? []
  if (sign === undefined || fraction.length > places) return null
  return Number(`${sign}${whole}${fraction.padEnd(places, '0')}`)
}
