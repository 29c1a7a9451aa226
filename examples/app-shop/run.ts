import type { Client } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import { until } from '../testing.ts'
import { account, table } from './account.ts'
import { burst, fatesOf } from './burst.ts'
import { shop } from './events.ts'
import type { Row } from './functions/rows.mts'
import { Gateway } from './gateway.ts'

/** Events of one request: pages of watchers are about 6 KB each. */
const requestEvents = 50

/** The store of notifications, whichever it is. */
export interface Store {
  /** Of the wiring. */
  readonly environment?: string
  /** Rows that there are by now. */
  count(): Promise<number>
  rows(): Promise<Row[]>
}

/** Publishes a burst of events, waits until the store has a row for each notification, and accounts for each. */
export async function run(stage: Stage, store: Store, notifications: number): Promise<Result> {
  const { server, signal } = stage
  await using gateway = await Gateway.start()
  // The wiring reads them.
  Object.assign(process.env, server.settings, { GATEWAY_URL: gateway.url })
  const { environment } = store
  await server.millrace(
    'apply',
    import.meta.dirname,
    ...(environment === undefined ? [] : ['--env', environment]),
  )
  const { carts, prices } = burst(notifications)
  const fates = fatesOf([...carts, ...prices])
  const startedMs = performance.now()
  const since = (): string => `${((performance.now() - startedMs) / 1_000).toFixed(1)} s`
  await publish(server.client, { carts, prices }, signal)
  stage.say(
    `${carts.length + prices.length} events for ${fates.size} notifications are accepted after ${since()}`,
  )
  await until(async () => (await store.count()) >= fates.size, signal)
  const took = since()
  const accounts = account(fates, gateway.sent, await store.rows())
  const all = accounts.get('in all')!
  return {
    headline:
      `${all.accepted} notifications of ${carts.length + prices.length} events in ${took}: ${all.sent} sent, ` +
      `${all.refused} refused, ${all.failed} failed, ${all.unaccounted} unaccounted`,
    lines: [
      ...table(accounts),
      `requests that the gateway turned away: ${gateway.turnedAway}; notifications that it was asked for again: ${gateway.repeats}`,
    ],
  }
}

/** Throws when an event is not accepted. */
export async function publish(
  client: Client,
  { carts, prices }: ReturnType<typeof burst>,
  signal: AbortSignal,
): Promise<void> {
  const publisher = shop.publisher(client.events, 'shop')
  for (const some of chunks(carts)) check(await publisher.publishAll('cart.left', some, signal))
  for (const some of chunks(prices)) check(await publisher.publishAll('price.changed', some, signal))
}

function check({ failed }: { failed: number }): void {
  if (failed > 0) throw new Error(`${failed} events were not accepted`)
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / requestEvents)
  return Array.from({ length: count }, (_, at) => items.slice(at * requestEvents, (at + 1) * requestEvents))
}
