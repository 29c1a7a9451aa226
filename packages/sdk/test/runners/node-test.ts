import assert from 'node:assert/strict'
import { test } from 'node:test'
import { billedOrders } from './order.ts'

void test('an order is billed', async () => {
  assert.deepEqual(await billedOrders(), [{ total: 5 }])
})
