import { describe, expect, test } from 'vitest'
import { parseLocalTime, parseTimerSchedule } from './index.ts'

const at = (text: string): number => Date.parse(text)

function runs(schedule: string, from: string, count: number): string[] {
  const parsed = parseTimerSchedule(schedule)
  const found: string[] = []
  let afterMs = at(from)
  for (let index = 0; index < count; index++) {
    const nextMs = parsed.next(afterMs, at(from))
    if (nextMs === undefined) break
    found.push(new Date(nextMs).toISOString())
    afterMs = nextMs
  }
  return found
}

describe('a calendar of six fields', () => {
  test('fires in UTC when no zone is named', () => {
    expect(runs('0 0 4 * * *', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-01-01T04:00:00.000Z',
      '2026-01-02T04:00:00.000Z',
    ])
  })

  test('fires by the clocks of the zone it names', () => {
    expect(runs('CRON_TZ=Asia/Shanghai 0 0 4 * * *', '2026-01-01T00:00:00Z', 1)).toEqual([
      '2026-01-01T20:00:00.000Z',
    ])
  })

  test('fires once after a gap of the clocks and once in a repeated hour', () => {
    expect(runs('CRON_TZ=Europe/Vienna 0 30 2 * * *', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
    expect(runs('CRON_TZ=Europe/Vienna 0 30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  test('never fires on a day that no month has', () => {
    expect(runs('0 0 0 31 2 *', '2026-01-01T00:00:00Z', 1)).toEqual([])
  })

  test('is strictly after the time that is asked for', () => {
    expect(runs('*/10 * * * * *', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-01-01T00:00:10.000Z',
      '2026-01-01T00:00:20.000Z',
    ])
  })
})

describe('an interval', () => {
  test('counts from its anchor, whenever it is asked', () => {
    const schedule = parseTimerSchedule('@every 1h30m')
    expect(schedule.next(at('2026-01-01T05:00:00Z'), at('2026-01-01T00:10:00Z'))).toBe(
      at('2026-01-01T06:10:00Z'),
    )
    expect(schedule.next(at('2025-12-31T00:00:00Z'), at('2026-01-01T00:10:00Z'))).toBe(
      at('2026-01-01T01:40:00Z'),
    )
  })
})

describe('a schedule that cannot be used is refused with the reason', () => {
  test.each([
    ['* * * * *', /has 5 fields/],
    ['0 0 25 * * *', /cannot be used/],
    ['CRON_TZ=Mars/Olympus 0 0 4 * * *', /cannot be used/],
    ['@hourly', /only "@every/],
    ['@every 10ms', /is 10 ms/],
    ['@every soon', /is no interval/],
    ['', /has 1 fields/],
  ])('%s', (text, reason) => {
    expect(() => parseTimerSchedule(text)).toThrowError(reason)
  })
})

test('a local time is read by the clocks of its zone', () => {
  expect(parseLocalTime('2026-06-01T08:00:00', 'Asia/Shanghai')).toBe(at('2026-06-01T00:00:00Z'))
  expect(parseLocalTime('2026-06-01T08:00:00', 'GMT+8:00')).toBe(at('2026-06-01T00:00:00Z'))
  expect(parseLocalTime('2026-06-01T08:00:00Z', 'Asia/Shanghai')).toBe(at('2026-06-01T08:00:00Z'))
  expect(() => parseLocalTime('2026-02-30T08:00:00', 'UTC')).toThrowError(/no date/)
})
