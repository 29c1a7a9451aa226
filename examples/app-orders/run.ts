import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import { takeTexts, until } from '../testing.ts'
import { account, type Ended, readRefused } from './account.ts'
import { type Look, percentile, picture, swings, Watch, type Way } from './history.ts'
import { place } from './load.ts'
import { order, type Placed } from './orders.ts'

/** Where orders are placed, and how many. */
export interface Shop {
  /** Of the wiring. */
  readonly environment?: string
  readonly load: Parameters<typeof place>[0]
  send(bodies: readonly string[]): Promise<void>
}

/** Less than this is not up or down. */
const instancesOfSwing = 3
const ordersPerSecondOfSwing = 20

/** Places orders with peaks and troughs, watches the instances, and accounts for each order. */
export async function run(stage: Stage, shop: Shop): Promise<Result> {
  const { server, signal } = stage
  const { client } = server
  const where = shop.environment === undefined ? [] : ['--env', shop.environment]
  await server.millrace('apply', import.meta.dirname, ...where)
  await until(async () => (await client.streams.status('orders')).state === 'running', signal)
  await using watch = Watch.start(client, 'clean')
  const placed = await sell(shop, signal)
  stage.say(`${placed.length} orders are placed`)
  const readable = placed.filter(({ fate }) => fate !== 'unreadable')
  await until(async () => (await eventsOf(client)) >= readable.length, signal)
  await until(async () => (await client.functionStatus('clean')).instances.length === 0, signal)
  const looks = await watch.end()

  const cleaned = await takeCleaned(client)
  const refused = await takeRefused(client, placed.filter(({ fate }) => fate !== 'cleaned').length, signal)
  const ended: Ended[] = [...cleaned.map(({ number }) => ({ number, fate: 'cleaned' as const })), ...refused]
  const counts = account(placed, ended)
  const times = placed.map(({ placedAtMs }) => placedAtMs)
  await writeFile(join(stage.folder, 'orders.svg'), picture(times, looks, cleaned))
  return {
    headline:
      `${placed.length} orders: ${counts.cleaned} cleaned, ${counts.refused} refused, ${counts.unreadable} unreadable, 0 lost; ` +
      `instances ${upAndDown(shop.load, looks).join(' → ')}; ` +
      `half of the orders took ${percentile(cleaned, 50)} ms, 99 % ${percentile(cleaned, 99)} ms`,
    files: ['orders.svg'],
  }
}

/** Places the orders of the load, each with the time at which it was. */
async function sell(shop: Shop, signal: AbortSignal): Promise<Placed[]> {
  const mark = crypto.randomUUID().slice(0, 8)
  const placed: Placed[] = []
  const some = async (from: number, to: number): Promise<void> => {
    const atMs = Date.now()
    const orders = Array.from({ length: to - from }, (_, index) => order(mark, from + index, atMs))
    placed.push(...orders)
    await shop.send(orders.map(({ body }) => body))
  }
  await place(shop.load, some, signal)
  return placed
}

/** How many events the stream has written. */
async function eventsOf(client: Client): Promise<number> {
  const { first, next } = await client.buses.status('orders')
  return Number(next) - Number(first)
}

async function takeCleaned(client: Client): Promise<(Way & { readonly number: string })[]> {
  const cleaned: (Way & { readonly number: string })[] = []
  for (let from: number | undefined = 1; from !== undefined; ) {
    const { items, next } = await client.events.list('orders', { from })
    for (const { event } of items)
      if (event['type'] === 'order.cleaned') cleaned.push(event['data'] as (typeof cleaned)[number])
    from = next === undefined ? undefined : Number(next)
  }
  return cleaned
}

/** Waits for so many: the rule brings them some time after the stream has written them. */
async function takeRefused(client: Client, count: number, signal: AbortSignal): Promise<Ended[]> {
  const texts: string[] = []
  await until(async () => {
    texts.push(...(await takeTexts(client, 'orders-refused', signal)))
    return texts.length >= count
  }, signal)
  return texts.map(readRefused)
}

/** The lows and highs between which the instances went. Throws when they did not go up and down as the load did. */
function upAndDown(load: Shop['load'], looks: readonly Look[]): number[] {
  const asked = swings(
    load.map(({ perSecond }) => perSecond),
    ordersPerSecondOfSwing,
  )
  const followed = swings(
    looks.map(({ instances }) => instances),
    instancesOfSwing,
  )
  if (followed.length < asked.length)
    throw new Error(
      `the load went ${asked.join(' → ')} per second, and the instances ${followed.join(' → ')}`,
    )
  return followed
}
