import { expect, test } from 'vitest'
import {
  createClient,
  createTestMillrace,
  defineBus,
  defineQueue,
  type PositionedEvent,
} from '../src/index.ts'
import type { Client } from '../src/index.ts'

/** Loses the answer to every third publishing request, and every fifth request itself. */
function lossyFetch(): typeof fetch {
  let requests = 0
  return async (url, init) => {
    if (init?.method !== 'POST') return await fetch(url, init)
    requests++
    if (requests % 5 === 0) throw new TypeError('fetch failed')
    const response = await fetch(url, init)
    if (requests % 3 !== 0) return response
    await response.arrayBuffer()
    const cut = new ReadableStream({ start: controller => controller.error(new TypeError('terminated')) })
    return new Response(cut, { status: response.status, headers: response.headers })
  }
}

async function eventsOf(client: Client, bus: string): Promise<PositionedEvent[]> {
  const events: PositionedEvent[] = []
  for (let from: number | undefined = 0; ; from = events.at(-1)!.position + 1) {
    const { items } = await client.events.list(bus, { from, limit: 1_000 })
    if (items.length === 0) return events
    events.push(...items)
  }
}

test('on a bus that knows repetitions, each event is stored once, whatever is lost on the way', async () => {
  await using millrace = await createTestMillrace({ wiring: [defineBus('shop', { dedupWindowMs: 600_000 })] })
  const client = createClient({ url: millrace.url, token: millrace.token, fetch: lossyFetch() })
  const keys = ['a', 'b', 'c']
  const taken = []
  {
    await using publisher = client.publisher('shop', {
      countMax: 40,
      requestsMax: 4,
      bufferedMax: 300,
      retry: { delayMsMin: 1, delayMsMax: 5 },
      orderBy: event => event.subject,
    })
    for (let n = 0; n < 1_500; n++) {
      const event = { source: '/s', type: 't', subject: keys[n % 3]!, data: n }
      taken.push((await publisher.enqueue(event)).accepted)
      expect(publisher.held.events).toBeLessThanOrEqual(300)
    }
  }
  const accepted = await Promise.all(taken)

  expect(accepted.some(({ duplicate }) => duplicate)).toBe(true)
  const stored = await eventsOf(millrace.client, 'shop')
  expect(stored).toHaveLength(1_500)
  const byId = new Map(stored.map(({ event, position }) => [event['id'], position]))
  expect(accepted.every(({ id, position }) => byId.get(id) === position)).toBe(true)
  for (const key of keys) {
    const numbers = stored
      .filter(({ event }) => event['subject'] === key)
      .map(({ event }) => Number(event['data']))
    expect(numbers).toEqual(numbers.toSorted((left, right) => left - right))
  }
})

test('a server says of each event whether it may be taken later', async () => {
  await using millrace = await createTestMillrace({
    wiring: [defineBus('small', { eventBytesMax: 400 }), defineBus('full', { retentionBytesMax: 1_024 })],
  })
  const data = 'x'.repeat(2_000)
  await using publisher = millrace.client.publisher('small')
  const outcomes = await publisher.publishAll([
    { id: 'a', source: '/s', type: 't' },
    { id: 'b', source: '/s', type: 't', data },
  ])
  expect(outcomes).toMatchObject([
    { id: 'a', position: 1 },
    { id: 'b', error: { code: 'event.too-large' } },
  ])

  await using impatient = millrace.client.publisher('full', { deadlineMs: 300 })
  await expect(impatient.publish({ source: '/s', type: 't', data })).rejects.toMatchObject({
    code: 'client.publish-deadline',
    message: expect.stringContaining('Bus full holds') as string,
  })
})

test('a consumer handles every message of a real queue, those that fail again', async () => {
  await using millrace = await createTestMillrace({ wiring: [defineQueue('jobs')] })
  const { queues } = millrace.client
  const bodies = Array.from({ length: 60 }, (_, n) => `job ${n}`)
  await queues.send(
    'jobs',
    bodies.map(body => ({ body })),
  )
  const done: string[] = []
  const stop = new AbortController()
  const consuming = queues.consume(
    'jobs',
    ({ body = '', receives }) => {
      if (body.endsWith('7') && receives === 1) throw new Error('not at once')
      done.push(body)
    },
    { waitMs: 200 },
    stop.signal,
  )
  await expect
    .poll(
      async () => {
        await millrace.advance(2_000)
        return done.length
      },
      { timeout: 20_000 },
    )
    .toBe(60)
  stop.abort()
  await consuming

  expect(done.toSorted()).toEqual(bodies.toSorted())
  expect(await queues.status('jobs')).toMatchObject({ active: 0, inactive: 0 })
})
