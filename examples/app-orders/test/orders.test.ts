import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { account, type Ended, readRefused } from '../account.ts'
import { cleaned } from '../functions/clean/order.mts'
import { picture, percentile, swings } from '../history.ts'
import { dayOfSale, lasts, ordersUntil } from '../load.ts'
import { order } from '../orders.ts'

test('items get one form, and those that stand there twice are added up', () => {
  const items = [
    { sku: ' Green TEA', count: '2' },
    { sku: 'sugar', count: 0 },
    { sku: 'green tea ', count: 3 },
    { sku: 'milk', count: 1.5 },
    { count: 1 },
  ]
  expect(cleaned({ number: ' o-1', placedAtMs: 5, items })).toEqual({
    type: 'order.cleaned',
    data: { number: 'o-1', placedAtMs: 5, items: [{ sku: 'green tea', count: 5 }] },
  })
})

test.each([
  [{ number: ' ', placedAtMs: 1 }, 'it has no number'],
  [{ number: 'o-1' }, 'nobody knows when it was placed'],
  [{ number: 'o-1', placedAtMs: 1, items: 'tea' }, 'it has no items'],
  [{ number: 'o-1', placedAtMs: 1, items: [{ sku: ' ', count: 1 }] }, 'it has no items'],
])('%j is refused, since %s', (typed, reason) => {
  expect(cleaned(typed)).toMatchObject({ type: 'order.refused', data: { reason } })
})

test('orders are placed one after the other, never fewer with time, and all that the load has', () => {
  fc.assert(
    fc.property(fc.nat(30_000), fc.nat(1_000), (atMs, moreMs) => {
      expect(ordersUntil(dayOfSale, atMs + moreMs)).toBeGreaterThanOrEqual(ordersUntil(dayOfSale, atMs))
    }),
  )
  const even = [{ forMs: 2_000, perSecond: 10 }]
  expect([0, 500, 2_000, 9_000].map(atMs => ordersUntil(even, atMs))).toEqual([0, 5, 20, 20])
  const up = [...even, { forMs: 1_000, perSecond: 30 }]
  expect(ordersUntil(up, lasts(up))).toBe(40)
})

test('a line turns where it comes back far enough, and small waves are none', () => {
  expect(swings([0, 1, 5, 4, 6, 2, 3, 1, 5, 0], 3)).toEqual([0, 6, 1, 5, 0])
  expect(swings([1, 1, 2, 1], 3)).toEqual([1, 2])
})

test('an order that is lost, doubled, or ends as it should not, is named', () => {
  const placed = [0, 7, 50].map(index => order('x', index, 1))
  const refused = JSON.stringify({ data: { number: 'x-7', reason: 'it has no items' } })
  const body = Buffer.from(placed[2]?.body ?? '').toString('base64')
  const letter = JSON.stringify({ deadlettercode: 'record.malformed', data: { messageBody: body } })
  const ended: Ended[] = [{ number: 'x-0', fate: 'cleaned' }, readRefused(refused), readRefused(letter)]
  expect(account(placed, ended)).toEqual({ cleaned: 1, refused: 1, unreadable: 1 })
  expect(() => account(placed, ended.slice(1))).toThrow('1 orders are lost; the first is x-0')
  expect(() => account(placed, [...ended, ...ended])).toThrow('order x-0 is cleaned, but')
  expect(() => account(placed, [{ number: 'x-7', fate: 'cleaned' }])).toThrow(
    'x-7 is cleaned, and should be refused',
  )
})

test('the picture has three lines over the time of the orders', () => {
  const placedAtMs = [1_000, 1_100, 2_600]
  const looks = [900, 1_500, 3_000].map((atMs, instances) => ({ atMs, instances }))
  const ways = placedAtMs.map(atMs => ({ placedAtMs: atMs, endedAtMs: atMs + 80 }))
  const lines = [...picture(placedAtMs, looks, ways).matchAll(/points="([^"]*)"/g)].map(
    ([, points]) => points,
  )
  // 2 s from the first order: four spans, two looks, and latency where there were orders.
  expect(lines.map(points => points?.split(' ').length)).toEqual([4, 2, 2])
  expect(percentile(ways, 99)).toBe(80)
})
