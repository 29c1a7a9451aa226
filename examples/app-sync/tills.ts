import { type Sale, undated } from './functions/sale.mts'

/** What a till writes, and the sale that must come of it: of most lines one, of some none. */
export interface TillLine {
  readonly till: string
  readonly line: string
  readonly fate: 'sale' | 'passed over' | 'unreadable'
  readonly sale?: Sale
}

/** Tills stand in three countries, and write the time and the money of theirs. */
const tills = [
  { till: 'berlin-1', hours: 1, currency: 'eur', places: 2, point: ',' },
  { till: 'new-york-1', hours: -5, currency: 'USD', places: 2, point: '.' },
  { till: 'tokyo-1', hours: 9, currency: 'JPY', places: 0, point: '.' },
] as const

const hourMs = 3_600_000
const openedMs = Date.UTC(2026, 10, 24, 22)
const openMs = 3 * hourMs
/** Of so many sales one has no time; after so many a drawer is opened, or a line is cut. */
const one = { undated: 100, drawer: 10, cut: 50 }

/** Lines for exactly so many sales within three hours around midnight, and what lies among them. */
export function tillLines(sales: number): TillLine[] {
  return Array.from({ length: sales }, (_, number) => {
    const lines = [saleLine(number, openedMs + Math.floor((openMs * number) / sales))]
    const { till } = lines[0]!
    if (number % one.drawer === 0)
      lines.push({
        till,
        line: JSON.stringify({ kind: 'drawer', id: `d-${number}`, till }),
        fate: 'passed over',
      })
    if (number % one.cut === 0)
      lines.push({ till, line: `{"kind":"sale","id":"x-${number}`, fate: 'unreadable' })
    return lines
  }).flat()
}

function saleLine(number: number, atMs: number): TillLine {
  const { till, hours, currency, places, point } = tills[number % tills.length]!
  const id = `s-${number}`
  const amount = 100 + ((number * 7) % 9_000)
  const units = String(amount)
  const total = places === 0 ? units : `${units.slice(0, -places)}${point}${units.slice(-places)}`
  const zone = `${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`
  const local = new Date(atMs + hours * hourMs).toISOString().slice(0, -1) + zone
  const isDated = number % one.undated !== 1
  const written = isDated ? local : 'yesterday'
  const at = isDated ? new Date(atMs).toISOString() : written
  const hour = isDated ? at.replace(/^(\d+)-(\d+)-(\d+)T(\d+).*$/, '$1/$2/$3/$4') : undated
  return {
    till,
    line: JSON.stringify({ kind: 'sale', id, till, at: written, total, currency }),
    fate: 'sale',
    sale: { id, till, at, hour, amount, currency: currency.toUpperCase() },
  }
}
