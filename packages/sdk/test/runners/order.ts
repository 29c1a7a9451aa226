import { createTestMillrace, defineBus, defineFunction, defineRule } from '@millrace/sdk'

const wiring = [
  defineBus('shop'),
  defineFunction('bill', { code: 'functions/bill' }),
  defineRule('shop', 'bills', {
    pattern: { type: ['order.placed'] },
    targets: [{ id: 'bill', sink: { function: 'bill' }, transform: { form: 'JSONPATH', value: '$.data' } }],
  }),
]

/** What every runner is to do: publish one event, and answer what the function got. */
export async function billedOrders(): Promise<unknown[]> {
  const billed: unknown[] = []
  await using millrace = await createTestMillrace({
    wiring,
    functions: { bill: order => billed.push(order) },
  })
  const order = await millrace.publish('shop', { source: '/shop', type: 'order.placed', data: { total: 5 } })
  await millrace.expectDelivered(order, 'shop/bills/bill')
  return billed
}
