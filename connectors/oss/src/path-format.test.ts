import { describe, expect, test } from 'vitest'
import { compilePath } from './path-format.ts'

const record = { type: 'order:placed', source: '/shop/eu' }
const newYear = Date.parse('2026-12-31T18:30:00Z')

describe('paths', () => {
  test.each([
    ['{yyyy}/{MM}/{dd}/{HH}', 'UTC', '2026/12/31/18'],
    ['{yyyy}/{MM}/{dd}/{HH}', 'Asia/Shanghai', '2027/01/01/02'],
    ['dt={yyyy-MM-dd}/at={HH:mm}', 'Asia/Kolkata', 'dt=2027-01-01/at=00:00'],
    ['{yyyy/MM}', 'UTC', '2026/12'],
    ['/orders/{type}/{source}/', 'UTC', 'orders/order:placed/-shop-eu'],
    ['yyyy', 'UTC', 'yyyy'],
    ['', 'UTC', ''],
  ])('%s in %s is %s', (format, timeZone, path) => {
    expect(compilePath(format, timeZone)(record, newYear)).toBe(path)
  })

  test('midnight is hour 00, and every minute is its own', () => {
    const path = compilePath('{dd}/{HH}{mm}', 'UTC')
    expect(path(record, Date.parse('2026-01-02T00:00:59.999Z'))).toBe('02/0000')
    expect(path(record, Date.parse('2026-01-02T00:01:00.000Z'))).toBe('02/0001')
    expect(path(record, Date.parse('2026-01-02T00:00:00.000Z'))).toBe('02/0000')
  })

  test('an hour that clocks have twice is one path', () => {
    const path = compilePath('{HH}', 'Europe/Berlin')
    expect(path(record, Date.parse('2026-10-25T00:30:00Z'))).toBe('02')
    expect(path(record, Date.parse('2026-10-25T01:30:00Z'))).toBe('02')
  })

  test('a type that is a step of another meaning is none', () => {
    expect(compilePath('a/{type}', 'UTC')({ type: '..', source: '' }, 0)).toBe('a/-')
  })

  test.each([
    ['{yy}', 'UTC', 'there are {yyyy}'],
    ['{}', 'UTC', 'has {}'],
    ['{yyyy', 'UTC', 'brace'],
    ['a', 'Mars/Olympus', 'no time zone'],
  ])('%s in %s is refused', (format, timeZone, words) => {
    expect(() => compilePath(format, timeZone)).toThrow(words)
  })
})
