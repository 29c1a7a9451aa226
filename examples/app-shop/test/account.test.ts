import { expect, test } from 'vitest'
import { account, table } from '../account.ts'
import { burst, fatesOf } from '../burst.ts'
import { type CallEnd, type Row, rowsOf } from '../functions/rows.mts'

const fates = fatesOf([
  {
    specversion: '1.0',
    id: 'p',
    source: '/shop',
    type: 'price.changed',
    data: {
      market: 'de',
      goods: 'tea',
      percent: -5,
      watchers: [
        { id: 'a', address: 'a@example.com' },
        { id: 'b', address: 'unknown' },
      ],
    },
  },
])
const row = (id: string, state: Row['state'], attempts = 1): Row => ({
  id,
  type: 'price.changed',
  state,
  reason: '',
  attempts,
})
const rows = [row('p/a', 'sent', 2), row('p/b', 'refused')]
const sent = new Set(['p/a'])

test('a burst makes exactly as many notifications as were asked for, and of prices that rise none', () => {
  for (const notifications of [1, 20, 99, 2_345]) {
    const { carts, prices } = burst(notifications)
    expect(fatesOf([...carts, ...prices]).size).toBe(notifications)
    expect(prices.every(({ data }) => data.watchers.length > 0 && data.watchers.length <= 100)).toBe(true)
  }
  expect(burst(2_345).prices.filter(({ data }) => data.percent > 0)).toHaveLength(5)
})

test('what is as it must be is counted, once even if the store has it twice', () => {
  const counted = account(fates, sent, [...rows, ...rows])
  expect(counted.get('in all')).toEqual({
    accepted: 2,
    sent: 1,
    refused: 1,
    failed: 0,
    retried: 1,
    stored: 2,
    unaccounted: 0,
  })
  expect(table(counted).map(line => line.length)).toEqual(Array(3).fill(table(counted)[0]?.length))
})

test.each([
  ['p/b is lost: it is not in the store', sent, rows.slice(0, 1)],
  ['p/a is stored as failed, and must be sent', sent, [row('p/a', 'failed'), row('p/b', 'refused')]],
  ['p/a is sent, and the gateway has not sent it', new Set<string>(), rows],
  ['p/b is refused, and the gateway has sent it', new Set(['p/a', 'p/b']), rows],
  ['p/a has two ends', sent, [...rows, row('p/a', 'refused')]],
  ['nobody asked for x', sent, [...rows, row('x', 'sent')]],
])('%s is refused', (message, gateway, stored) => {
  expect(() => account(fates, gateway, stored)).toThrow(message)
})

test('of a call that failed each notification has failed, with what the function said or why it was never run', () => {
  const requestPayload = JSON.stringify({
    id: 'c',
    type: 'cart.left',
    data: { market: 'nz', user: { id: 'u', address: 'u@example.com' }, goods: ['tea'] },
  })
  const end = (condition: string, responsePayload: string): CallEnd => ({
    requestContext: { condition, approximateInvokeCount: 3 },
    requestPayload,
    responsePayload,
  })
  const failed = { id: 'c/u', type: 'cart.left', state: 'failed', attempts: 3 }
  expect(rowsOf(end('RetryExhausted', '{"errorMessage":"away"}'))).toEqual([{ ...failed, reason: 'away' }])
  expect(rowsOf(end('EventAgeExceeded', ''))).toEqual([{ ...failed, reason: 'EventAgeExceeded' }])
  expect(rowsOf(end('', '{"refused":[]}'))).toEqual([{ ...failed, state: 'sent', reason: '' }])
})
