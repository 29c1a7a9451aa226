import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { BatchPublisher } from '../publishing/index.ts'
import { defineCatalogue, type EventOf } from './catalogue.ts'
import { jsonSchema } from './json-schema.ts'
import type { EventPublishing } from './publisher.ts'

const shop = defineCatalogue(
  {
    'order.placed': z.object({
      id: z.string(),
      total: z.number(),
      state: z.enum(['new', 'paid']),
      note: z.string().optional(),
      items: z.array(z.object({ sku: z.string(), count: z.number() })),
    }),
    'price.changed': v.object({ sku: v.string(), price: v.nullable(v.number()) }),
    'cart.left': type({ user: 'string', 'minutes?': 'number' }),
    'stock.counted': jsonSchema({
      type: 'object',
      required: ['sku', 'where'],
      properties: {
        sku: { type: 'string' },
        where: { enum: ['shop', 'store'] },
        counts: { type: 'array', items: { type: 'integer' } },
        extra: {},
      },
    }),
  },
  { extensions: ['tenant'] },
)

/** Keeps what is published. */
function collecting(): EventPublishing & { sent: unknown[] } {
  const sent: unknown[] = []
  const accepted = { id: '1', position: 0, duplicate: false }
  return {
    sent,
    publish: (bus, event) => {
      sent.push([bus, event])
      return Promise.resolve(accepted)
    },
    publishBatch: (bus, events) => {
      sent.push([bus, ...events])
      return Promise.resolve({ accepted: events.length, failed: 0, outcomes: events.map(() => accepted) })
    },
  }
}

describe('a rule of a catalogue', () => {
  test('has the types of its events in its pattern', () => {
    expect(
      shop.rule('shop', 'big', 'order.placed', {
        pattern: { tenant: ['a'], data: { total: [{ numeric: ['>', 100] }], state: ['paid'] } },
        targets: [
          { id: 't', sink: { queue: 'q' }, transform: { form: 'JSONPATH', value: '$.data.items[0].sku' } },
        ],
      }),
    ).toEqual({
      kind: 'rule',
      bus: 'shop',
      name: 'big',
      spec: {
        pattern: {
          type: ['order.placed'],
          tenant: ['a'],
          data: { total: [{ numeric: ['>', 100] }], state: ['paid'] },
        },
        targets: [
          { id: 't', sink: { queue: 'q' }, transform: { form: 'JSONPATH', value: '$.data.items[0].sku' } },
        ],
      },
    })
  })

  test('for several types takes what any of them has', () => {
    const rule = shop.rule('shop', 'skus', ['price.changed', 'stock.counted'], {
      pattern: { data: { sku: [{ prefix: 'A-' }] } },
      targets: [
        {
          id: 't',
          sink: { queue: 'q' },
          orderBy: '$.data.sku',
          transform: {
            form: 'TEMPLATE',
            value: { price: '$.data.price', where: '$.data.where' },
            template: '${price}',
          },
        },
      ],
    })

    expect(rule).toMatchObject({ spec: { pattern: { type: ['price.changed', 'stock.counted'] } } })
  })

  test('does not compile with a type, a field, a value or a path that no event has', () => {
    // @ts-expect-error there is no such type
    shop.rule('shop', 'r', 'order.placd', {})
    // @ts-expect-error there is no such field
    shop.rule('shop', 'r', 'order.placed', { pattern: { data: { totl: [1] } } })
    // @ts-expect-error there is no such attribute
    shop.rule('shop', 'r', 'order.placed', { pattern: { tenent: ['a'] } })
    // @ts-expect-error a state is never this
    shop.rule('shop', 'r', 'order.placed', { pattern: { data: { state: ['payed'] } } })
    // @ts-expect-error a number has no beginning
    shop.rule('shop', 'r', 'order.placed', { pattern: { data: { total: [{ prefix: '1' }] } } })
    // @ts-expect-error a text is not compared as a number
    shop.rule('shop', 'r', 'order.placed', { pattern: { data: { id: [{ numeric: ['>', 1] }] } } })
    // @ts-expect-error the types are given beside it
    shop.rule('shop', 'r', 'order.placed', { pattern: { type: ['x'] } })
    const sink = { queue: 'q' }
    shop.rule('shop', 'r', 'order.placed', {
      // @ts-expect-error no path leads there
      targets: [{ id: 't', sink, transform: { form: 'JSONPATH', value: '$.data.totl' } }],
    })
    shop.rule('shop', 'r', 'cart.left', {
      // @ts-expect-error no path leads there
      targets: [{ id: 't', sink, parameters: { key: { form: 'JSONPATH', value: '$.data.name' } } }],
    })
    shop.rule('shop', 'r', 'stock.counted', {
      // @ts-expect-error no path leads there
      targets: [{ id: 't', sink, orderBy: '$.data.counts[0].x' }],
    })
    expect(shop.schemas).toHaveProperty(['order.placed'])
  })

  test('takes anything where the schema says nothing', () => {
    const rule = shop.rule('shop', 'r', 'stock.counted', {
      pattern: { data: { extra: { deep: { er: ['x'] } }, counts: [1, { numeric: ['>', 5] }] } },
      targets: [{ id: 't', sink: { queue: 'q' }, orderBy: '$.data.extra.deep.er' }],
    })

    expect(rule).toMatchObject({ kind: 'rule', name: 'r' })
  })
})

test('a stream of a catalogue reads its types only', () => {
  const stream = shop.stream('s', 'order.placed', {
    source: { connector: 'kafka' },
    pattern: { data: { state: ['new'] } },
    transform: { form: 'JSONPATH', value: '$.data' },
    sink: { bus: 'shop' },
  })

  expect(stream).toMatchObject({
    kind: 'stream',
    spec: { pattern: { type: ['order.placed'], data: { state: ['new'] } } },
  })
  shop.stream('s', 'order.placed', {
    source: { connector: 'kafka' },
    // @ts-expect-error no path leads there
    transform: { form: 'JSONPATH', value: '$.date' },
    sink: { bus: 'b' },
  })
})

test('an event of a catalogue has the type of its schema', () => {
  const total = (event: EventOf<typeof shop, 'order.placed'>): number => event.data.total
  // @ts-expect-error there is no such field
  const wrong = (event: EventOf<typeof shop, 'order.placed'>): unknown => event.data.totl
  const where = (event: EventOf<typeof shop, 'stock.counted'>): 'shop' | 'store' => event.data.where
  const price = (event: EventOf<typeof shop>): unknown =>
    event.type === 'price.changed' ? event.data.price : undefined
  const base = { specversion: '1.0', id: '1', source: 's' } as const
  const placed = { id: 'o', total: 3, state: 'new', items: [] } as const

  expect(total({ ...base, type: 'order.placed', data: { ...placed, items: [] } })).toBe(3)
  expect(where({ ...base, type: 'stock.counted', data: { sku: 'a', where: 'store' } })).toBe('store')
  expect(price({ ...base, type: 'price.changed', data: { sku: 'a', price: null } })).toBeNull()
  expect(wrong).toBeTypeOf('function')
})

describe('a publisher of a catalogue', () => {
  test.each([
    [
      'Zod',
      'order.placed',
      { id: 'o', total: 'much', state: 'new', items: [{ sku: 'a' }] },
      ['data.total: ', 'data.items[0].count: '],
    ],
    ['Valibot', 'price.changed', { sku: 1, price: 1 }, ['data.sku: ']],
    ['ArkType', 'cart.left', { user: 1 }, ['data.user: ']],
  ] as const)(
    'sends nothing that the schema of %s refuses, and says where',
    async (_library, name, data, places) => {
      const events = collecting()
      const publisher = shop.publisher(events, 'shop')

      const refused = publisher.publish(name, { source: 's', data: data as never })

      await expect(refused).rejects.toMatchObject({ code: 'client.event-invalid' })
      for (const place of places) await expect(refused).rejects.toThrow(place)
      expect(events.sent).toEqual([])
    },
  )

  test('sends what is right as it was given', async () => {
    const events = collecting()
    const publisher = shop.publisher(events, 'shop')

    await publisher.publish('cart.left', { source: 's', subject: 'x', tenant: 't', data: { user: 'u' } })
    await publisher.publishAll('price.changed', [{ source: 's', data: { sku: 'a', price: 1 } }])

    expect(events.sent).toEqual([
      ['shop', { source: 's', subject: 'x', tenant: 't', type: 'cart.left', data: { user: 'u' } }],
      ['shop', { source: 's', type: 'price.changed', data: { sku: 'a', price: 1 } }],
    ])
    // @ts-expect-error a field is missing
    void publisher.publish('price.changed', { source: 's', data: { sku: 'a' } }).catch(() => {})
  })

  test('sends none of a list in which one is wrong', async () => {
    const events = collecting()

    const refused = shop.publisher(events, 'shop').publishAll('price.changed', [
      { source: 's', data: { sku: 'a', price: 1 } },
      { source: 's', data: { sku: 'a', price: 'x' as never } },
    ])

    await expect(refused).rejects.toThrow('event 1: price.changed: data.price')
    expect(events.sent).toEqual([])
  })

  test('sends by a publisher that makes batches', async () => {
    const bodies: string[] = []
    await using batches = new BatchPublisher(body => {
      bodies.push(body)
      const outcomes = (JSON.parse(body) as { id: string }[]).map(({ id }, position) => ({
        id,
        position,
        duplicate: false,
      }))
      return Promise.resolve({ accepted: outcomes.length, failed: 0, outcomes })
    })
    const publisher = shop.publisher(batches)

    expect(await publisher.publish('cart.left', { id: 'e', source: 's', data: { user: 'u' } })).toMatchObject(
      {
        id: 'e',
      },
    )
    const { accepted } = await publisher.publishAll('cart.left', [{ source: 's', data: { user: 'v' } }])

    expect(accepted).toBe(1)
    expect(bodies[0]).toContain('"type":"cart.left"')
    await expect(publisher.publish('cart.left', { source: 's', data: {} as never })).rejects.toMatchObject({
      code: 'client.event-invalid',
    })
  })

  test('checks by JSON Schema with the validator that it was given', async () => {
    const counted = defineCatalogue({
      n: jsonSchema({ type: 'integer' }, value => (Number.isInteger(value) ? [] : ['no integer'])),
    })
    const events = collecting()

    await expect(counted.publisher(events, 'b').publish('n', { source: 's', data: 1.5 })).rejects.toThrow(
      'n: data: no integer',
    )
    await counted.publisher(events, 'b').publish('n', { source: 's', data: 1 })
    expect(events.sent).toHaveLength(1)
  })
})
