import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import { until } from '../testing.ts'
import { account, type Ended, readRefused } from './account.ts'
import { type Look, percentile, picture, swings, type Way, watch } from './history.ts'
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
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const events: OrderEvent[] = []
  const collecting = collect(client, events, stop)
  const watching = watch(client, 'clean', stop)

  const mark = crypto.randomUUID().slice(0, 8)
  const placed: Placed[] = []
  await place(
    shop.load,
    async (from, to) => {
      const atMs = Date.now()
      const some = Array.from({ length: to - from }, (_, index) => order(mark, from + index, atMs))
      placed.push(...some)
      await shop.send(some.map(({ body }) => body))
    },
    signal,
  )
  stage.say(`${placed.length} orders are placed; ${events.length} have come through so far`)
  const unreadable = placed.filter(({ fate }) => fate === 'unreadable').length
  await until(() => Promise.resolve(events.length >= placed.length - unreadable), signal)
  await until(async () => (await client.functionStatus('clean')).instances.length === 0, signal)
  const refused = await takeRefused(client, placed.filter(({ fate }) => fate !== 'cleaned').length, signal)
  over.abort()
  const looks = await watching
  await collecting

  const cleaned = events.filter(({ type }) => type === 'order.cleaned').map(({ data }) => data)
  const all: Ended[] = [...cleaned.map(({ number }) => ({ number, fate: 'cleaned' as const })), ...refused]
  const counts = account(placed, all)
  await writeFile(
    join(stage.folder, 'orders.svg'),
    picture(
      placed.map(({ placedAtMs }) => placedAtMs),
      looks,
      cleaned,
    ),
  )
  return {
    headline:
      `${placed.length} orders: ${counts.cleaned} cleaned, ${counts.refused} refused, ${counts.unreadable} unreadable, 0 lost; ` +
      `instances ${upAndDown(shop.load, looks).join(' → ')}; half of the orders took ${percentile(cleaned, 50)} ms, 99 % ${percentile(cleaned, 99)} ms`,
    files: ['orders.svg'],
  }
}

interface OrderEvent {
  readonly type: string
  readonly data: Way & { readonly number: string }
}

/** What the stream writes to the bus, as it comes. */
async function collect(client: Client, events: OrderEvent[], signal: AbortSignal): Promise<void> {
  try {
    for await (const { event } of client.events.tail('orders', { from: 1, signal }))
      events.push(event as unknown as OrderEvent)
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}

async function takeRefused(client: Client, count: number, signal: AbortSignal): Promise<Ended[]> {
  const refused: Ended[] = []
  await until(async () => {
    const letters = await client.queues.receive('orders-refused', { count: 16, signal })
    refused.push(...letters.map(({ body = '' }) => readRefused(body)))
    const handles = letters.map(({ handle }) => handle)
    if (handles.length > 0) await client.queues.deleteMessages('orders-refused', handles)
    return letters.length === 0 && refused.length >= count
  }, signal)
  return refused
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
