import { describe, expect, test } from 'vitest'
import { createTestMillrace, defineBus, defineFunction, defineQueue, defineRule } from '../src/index.ts'

const shop = [
  defineBus('shop'),
  defineBus('letters'),
  defineQueue('later'),
  defineFunction('bill', { code: 'nowhere' }),
  defineRule('shop', 'bills', {
    pattern: { type: ['order.placed'], data: { total: [{ numeric: ['>', 100] }] } },
    targets: [
      {
        id: 'bill',
        sink: { function: 'bill' },
        transform: { form: 'JSONPATH', value: '$.data' },
        retry: { strategy: 'CUSTOM', retriesMax: 2, delayMsMin: 60_000, delayMsMax: 60_000 },
        deadLetter: { bus: 'letters' },
      },
      { id: 'later', sink: { queue: 'later' } },
    ],
  }),
]
const order = (total: number) => ({ source: '/shop', type: 'order.placed', data: { total } })

describe('a test', () => {
  test('calls handlers in its own process and sees what its targets got', async () => {
    const billed: unknown[] = []
    await using millrace = await createTestMillrace({
      wiring: shop,
      functions: { bill: order => billed.push(order) },
    })

    const big = await millrace.publish('shop', order(500))
    await millrace.publish('shop', order(5))

    await millrace.expectDelivered(big, 'shop/bills/bill')
    expect(billed).toEqual([{ total: 500 }])
    expect(millrace.target('shop/bills/later').delivered).toMatchObject([
      { attempt: 1, body: { type: 'order.placed', data: { total: 500 } } },
    ])
  })

  test('is told why an event was not delivered', async () => {
    await using millrace = await createTestMillrace({ wiring: shop, functions: { bill: () => {} } })

    const small = await millrace.publish('shop', order(5))

    await millrace.expectNotDelivered(small, 'shop/bills/bill')
    await expect(millrace.expectDelivered(small, 'shop/bills/bill')).rejects.toThrow(
      /rule bills does not match[\s\S]*data\.total: wanted .*100.*found .*5/,
    )
    await expect(millrace.expectNotDelivered(small, 'shop/bills/bill')).resolves.toBeUndefined()
  })

  test('moves time on: retries come when they are due and not before', async () => {
    await using millrace = await createTestMillrace({ wiring: shop, functions: { bill: () => {} } })
    const bill = millrace.target('shop/bills/bill')
    bill.fail({ times: 2 })

    const sent = await millrace.publish('shop', order(500))
    await millrace.settled()
    expect(bill.attempts).toMatchObject([{ attempt: 1, error: 'test.fault' }])
    await millrace.advance(30_000)
    expect(bill.attempts).toHaveLength(1)
    await millrace.advance(5 * 60_000)

    await millrace.expectDelivered(sent, 'shop/bills/bill')
    expect(bill.attempts.map(({ attempt, error }) => [attempt, error])).toEqual([
      [1, 'test.fault'],
      [2, 'test.fault'],
      [3, undefined],
    ])
  })

  test('sees what goes to the dead letter when its retries are used up, or at once', async () => {
    const fails = (): never => {
      throw new Error('no ink')
    }
    await using millrace = await createTestMillrace({ wiring: shop, functions: { bill: fails } })
    const bill = millrace.target('shop/bills/bill')

    await millrace.publish('shop', order(500))
    await millrace.advance(10 * 60_000)
    expect(bill.attempts).toHaveLength(3)
    expect(bill.deadLetters).toHaveLength(1)

    bill.fail({ retry: 'never' })
    const hopeless = await millrace.publish('shop', order(700))
    await millrace.settled()
    expect(bill.deadLetters).toHaveLength(2)
    bill.recover()
    await expect(millrace.expectDelivered(hopeless, 'shop/bills/bill')).rejects.toThrow('dead-lettered')
  })

  test('replaces what is behind a target', async () => {
    const seen: unknown[] = []
    await using millrace = await createTestMillrace({ wiring: shop, functions: { bill: () => {} } })
    millrace.target('shop/bills/later').replace(body => seen.push(body))

    const sent = await millrace.publish('shop', order(500))
    await millrace.expectDelivered(sent, 'shop/bills/later')

    expect(seen).toMatchObject([{ data: { total: 500 } }])
    expect(await millrace.client.queues.status('later')).toMatchObject({ active: 0 })
  })

  test('is refused a wiring that is wrong, with the item', async () => {
    const wrong = [
      defineBus('a'),
      defineRule('a', 'r', { pattern: { n: [{ numeric: ['?', 1] }] }, targets: [] }),
    ]

    await expect(createTestMillrace({ wiring: wrong })).rejects.toThrow('rule a/r')
  })
})
