import { expect, test } from 'vitest'
import { parseDelivery } from './delivery.ts'

const delivery = { stream: 'orders', consumer: 'c', count: 2, sequence: 17, takenAtMs: 1_767_323_045_123 }

test.each([
  ['$JS.ACK.orders.c.2.17.5.1767323045123456789.0', delivery],
  ['$JS.ACK.hub.AHASH.orders.c.2.17.5.1767323045123456789.0', delivery],
  ['$JS.ACK.hub.AHASH.orders.c.2.17.5.1767323045123456789.0.random', delivery],
  ['$JS.ACK.orders.c.2.17.5.soon.0', undefined],
  ['$JS.ACK.orders', undefined],
  ['_INBOX.a.b', undefined],
  [undefined, undefined],
])('the reply subject %s tells %o', (reply, expected) => {
  expect(parseDelivery(reply)).toEqual(expected)
})
