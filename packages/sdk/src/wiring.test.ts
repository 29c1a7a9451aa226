import { expect, test } from 'vitest'
import { wiringItems } from './wiring.ts'

test('a document becomes buses, then functions, then the rules under their buses', () => {
  const items = wiringItems({
    functions: { greet: { code: './greet' } },
    buses: { shop: { retentionMs: 5_000, rules: { all: { pattern: {} } } }, plain: null },
  })
  expect(items).toEqual([
    { kind: 'bus', name: 'shop', spec: { retentionMs: 5_000 } },
    { kind: 'bus', name: 'plain', spec: {} },
    { kind: 'function', name: 'greet', spec: { code: './greet' } },
    { kind: 'rule', bus: 'shop', name: 'all', spec: { pattern: {} } },
  ])
})

test('an unknown key is refused by its name', () => {
  expect(() => wiringItems({ busses: {} } as never)).toThrow('unknown key busses')
})
