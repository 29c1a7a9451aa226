import type { Market, ShopEvent, User } from './events.ts'
import { messagesOf } from './functions/messages.mts'
import type { Row } from './functions/rows.mts'

/** Watchers in one event. */
const pageSize = 100
/** Of so many notifications one is about a cart, and of as many users one has no address. */
const one = { cart: 20, badAddress: 50 }
/** Of each twenty events: most go where all is well. */
const markets: readonly Market[] = ['nz', ...Array<Market>(4).fill('fr'), ...Array<Market>(15).fill('de')]

/** How a notification must end. */
export type Fates = ReadonlyMap<string, Pick<Row, 'type' | 'state'>>

/** Events of a shop that make exactly so many notifications, and a few prices that rise, of which nobody is told. */
export function burst(notifications: number): { carts: Cart[]; prices: Price[] } {
  const cartCount = Math.ceil(notifications / one.cart)
  const base = (id: string) => ({ specversion: '1.0' as const, source: '/shop', id })
  const carts = Array.from({ length: cartCount }, (_, at): Cart => {
    const data = { market: marketOf(at), user: user(at), goods: ['tea', 'a pot'] }
    return { ...base(`cart-${at}`), type: 'cart.left', data }
  })
  const prices: Price[] = []
  for (let told = cartCount; told < notifications; told += pageSize) {
    const watchers = Array.from({ length: Math.min(pageSize, notifications - told) }, (_, at) =>
      user(told + at),
    )
    const data = { market: marketOf(prices.length), goods: 'tea', percent: -15, watchers }
    prices.push({ ...base(`price-${prices.length}`), type: 'price.changed', data })
  }
  const risen = prices
    .slice(0, 5)
    .map((event): Price => ({ ...event, id: `${event.id}-risen`, data: { ...event.data, percent: 10 } }))
  return { carts, prices: [...prices, ...risen] }
}

type Cart = Extract<ShopEvent, { type: 'cart.left' }>
type Price = Extract<ShopEvent, { type: 'price.changed' }>

/** What must become of each notification of these events. */
export function fatesOf(events: readonly ShopEvent[]): Fates {
  const fates = new Map<string, Pick<Row, 'type' | 'state'>>()
  for (const event of events) {
    if (event.type === 'price.changed' && event.data.percent > 0) continue
    for (const { id, to } of messagesOf(event)) {
      const state = event.data.market === 'nz' ? 'failed' : to.includes('@') ? 'sent' : 'refused'
      fates.set(id, { type: event.type, state })
    }
  }
  return fates
}

function marketOf(number: number): Market {
  return markets[number % markets.length] ?? 'de'
}

function user(number: number): User {
  return { id: `u-${number}`, address: number % one.badAddress === 7 ? 'unknown' : `u-${number}@example.com` }
}
