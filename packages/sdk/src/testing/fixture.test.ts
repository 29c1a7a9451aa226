import { expect, test } from 'vitest'
import { recordFixture } from './fixture.ts'

const event = {
  specversion: '1.0',
  id: '1',
  source: '/shop',
  type: 'order.placed',
  traceparent: '00-1-2-01',
  millraceposition: '7',
  data: {
    card: { number: '4711', valid: true },
    total: 5,
    items: [{ owner: 'ann' }, { owner: 'bob' }],
    tags: ['a'],
  },
}
const bus = {
  asked: [] as unknown[],
  list(name: string, options: object) {
    this.asked.push([name, options])
    return Promise.resolve({ items: [{ position: 7, event }] })
  },
}

test('a fixture keeps what producers wrote and nothing of what is redacted', async () => {
  const redact = [
    '$.data.card.number',
    'data.card.valid',
    'data.total',
    'data.items.*.owner',
    'data.tags',
    'data.none.of',
  ]

  expect(await recordFixture(bus, 'shop', { from: 7, redact })).toEqual([
    {
      specversion: '1.0',
      id: '1',
      source: '/shop',
      type: 'order.placed',
      data: {
        card: { number: 'redacted', valid: false },
        total: 0,
        items: [{ owner: 'redacted' }, { owner: 'redacted' }],
        tags: null,
      },
    },
  ])
  expect(bus.asked).toEqual([['shop', { from: 7, limit: 1_000 }]])
  expect(event.data.card.number).toBe('4711')
})
