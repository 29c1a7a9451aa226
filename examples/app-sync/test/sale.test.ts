import { expect, test } from 'vitest'
import { account, type Archived } from '../account.ts'
import { handler } from '../functions/index.mts'
import { converted, type Sale, type TillSale } from '../functions/sale.mts'
import { tillLines } from '../tills.ts'

const till: TillSale = {
  kind: 'sale',
  id: 's',
  till: 'berlin-1',
  at: '2026-11-25T00:30:00+01:00',
  total: '12,50',
  currency: 'eur',
}
const sale: Sale = {
  id: 's',
  till: 'berlin-1',
  at: '2026-11-24T23:30:00.000Z',
  hour: '2026/11/24/23',
  amount: 1_250,
  currency: 'EUR',
}

test('a sale of a till becomes one in UTC and whole cents, and lies in the hour of UTC', () => {
  expect(converted(till)).toEqual(sale)
})

test.each([
  ['1.15', 'EUR', 115],
  ['0,5', 'EUR', 50],
  ['7', 'EUR', 700],
  ['-3.20', 'USD', -320],
  ['1250', 'JPY', 1_250],
  ['1.234', 'KWD', 1_234],
  ['12.5', 'JPY', null],
  ['1.234', 'EUR', null],
  ['a lot', 'EUR', null],
])('a total of %s %s is %d', (total, currency, amount) => {
  expect(converted({ ...till, total, currency }).amount).toBe(amount)
})

test('a sale whose time cannot be read is passed on, for the folder of those', () => {
  expect(converted({ ...till, at: 'yesterday' })).toMatchObject({ at: 'yesterday', hour: 'undated' })
})

test('records of Kafka keep their key, lines of files are sales alone, and nothing is left out', () => {
  const value = (data: unknown) =>
    handler(
      Buffer.from(
        JSON.stringify([
          { id: '1', data },
          { id: '2', data },
        ]),
      ),
    )
  expect(value({ key: 'k', offset: 3, value: till })).toEqual([
    { id: '1', data: { key: 'k', offset: 3, value: sale } },
    { id: '2', data: { key: 'k', offset: 3, value: sale } },
  ])
  expect(value(till)).toEqual([
    { id: '1', data: sale },
    { id: '2', data: sale },
  ])
})

test('what tills write becomes the sales that it must', () => {
  const sales = tillLines(300).filter(({ fate }) => fate === 'sale')
  expect(sales).toHaveLength(300)
  for (const { line, sale } of sales) expect(converted(JSON.parse(line) as TillSale)).toEqual(sale)
})

test('the account takes each sale once in both places, and names one that is lost, doubled, changed or in a wrong hour', () => {
  const object = (sales: readonly Sale[], hour = sale.hour): Archived => ({
    key: `sales/${hour}/x.jsonl.gz`,
    bytes: 9,
    sales,
  })
  const other = { ...sale, id: 't' }
  const both = [sale, other]
  expect(account(both, both, [object([sale]), object([other])])).toEqual([
    { hour: sale.hour, sales: 2, objects: 2, bytes: 18 },
  ])
  expect(() => account(both, [sale], [object(both)])).toThrow('t is lost: it is not in the topic')
  expect(() => account(both, both, [object([sale])])).toThrow('t is lost: it is not in the archive')
  expect(() => account(both, [...both, sale], [object(both)])).toThrow('s is in the topic twice')
  expect(() => account(both, both, [object([...both, sale])])).toThrow('s is in the archive twice')
  expect(() => account(both, [sale, { ...other, amount: 1 }], [object(both)])).toThrow('t is {')
  expect(() => account(both, both, [object(both, '2026/11/24/22')])).toThrow(
    's of 2026/11/24/23 is in sales/2026/11/24/22',
  )
})
