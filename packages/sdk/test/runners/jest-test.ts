import { expect, test } from '@jest/globals'
import { billedOrders } from './order.ts'

test('an order is billed', async () => {
  expect(await billedOrders()).toEqual([{ total: 5 }])
})
