import { expect, test } from 'vitest'
import type { SubscriptionSpec, SubscriptionView, TopicView } from '../resources/index.ts'
import { encodePublication } from './published.ts'
import { TopicBus } from './topic-bus.ts'

function subscription(
  name: string,
  spec: Partial<SubscriptionSpec> = {},
  fromPosition = 1,
): SubscriptionView {
  return {
    name,
    spec: { endpoint: { queue: 'q' }, strategy: 'BACKOFF_RETRY', format: 'XML', ...spec },
    revision: 1,
    createdAtMs: 1,
    updatedAtMs: 1,
    fromPosition,
  }
}

function topics(given: Record<string, readonly SubscriptionView[]>): ReadonlyMap<string, TopicView> {
  const stamp = {
    revision: 1,
    createdAtMs: 1,
    updatedAtMs: 1,
    spec: { description: '', messageBytesMax: 65_536 },
  }
  return new Map(
    Object.entries(given).map(([name, own]) => {
      const subscriptions = new Map(own.map(one => [one.name, one]))
      return [name, { account: 'a', name, key: `a/${name}`, ...stamp, subscriptions }]
    }),
  )
}

function matched(bus: TopicBus, topic: string, tag?: string): string[] {
  const publication = { id: '1', topic, publishedAtMs: 0, body: Buffer.from('x') }
  const { bytes } = encodePublication({ ...publication, ...(tag === undefined ? {} : { tag }) })
  return bus.view.matcher.match(bytes).map(({ rule }) => rule)
}

test('a message meets the subscriptions of its topic, those with a filter only by their tag', () => {
  const bus = new TopicBus('a')
  bus.follow(
    topics({
      t: [subscription('all'), subscription('red', { filterTag: 'red' })],
      u: [subscription('other')],
    }),
  )
  expect(matched(bus, 't')).toEqual(['t@all'])
  expect(matched(bus, 't', 'red')).toEqual(['t@all', 't@red'])
  expect(matched(bus, 't', 'Red')).toEqual(['t@all'])
  expect(matched(bus, 'gone', 'red')).toEqual([])
})

test('a subscription is pinned to the position at which it began', () => {
  const bus = new TopicBus('a')
  bus.follow(topics({ t: [subscription('late', {}, 42)] }))
  expect([...bus.view.versions()]).toMatchObject([{ rule: 't@late', from: 42, until: Infinity }])
})

test('the view stays the same object until a subscription changes, and so does what did not change of it', () => {
  const bus = new TopicBus('a')
  const kept = subscription('kept')
  const first = topics({ t: [kept] })
  bus.follow(first)
  const { view } = bus
  bus.follow(new Map(first))
  expect(bus.view).toBe(view)
  bus.follow(topics({ t: [kept, subscription('new')] }))
  expect(bus.view).not.toBe(view)
  expect(bus.view.rules.get('t@kept')).toBe(view.rules.get('t@kept'))
  bus.follow(topics({}))
  expect(bus.view.rules.size).toBe(0)
})
