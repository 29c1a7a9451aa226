import { defineCatalogue, type EventOf } from '@millrace/sdk'
import { z } from 'zod'

/** Markets with a gateway for notifications each. */
const market = z.enum(['de', 'fr', 'nz'])

const user = z.object({ id: z.string(), address: z.string() })

/** What the shop tells. */
export const shop = defineCatalogue({
  /** Somebody left with goods in the cart. */
  'cart.left': z.object({ market, user, goods: z.array(z.string()).min(1) }),
  /**
   * The price of goods changed, by so many percent. The shop knows who watches them, and tells of each page of its list by an event
   * of its own: a call that fails repeats one page.
   */
  'price.changed': z.object({
    market,
    goods: z.string(),
    percent: z.number(),
    watchers: z.array(user).max(100),
  }),
})

export type ShopEvent = EventOf<typeof shop>
export type Market = z.infer<typeof market>
export type User = z.infer<typeof user>
