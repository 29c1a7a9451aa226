import { describe, expect, test } from 'vitest'
import { parseTimerSchedule } from '../../calendar/index.ts'
import { calendarOf } from './schedule-expression.ts'

/** The first times of an expression after noon of a Monday. */
function times(expression: string, count = 2): string[] {
  const schedule = parseTimerSchedule(calendarOf(expression))
  const found: string[] = []
  let afterMs = Date.parse('2026-11-23T12:00:00Z')
  for (let index = 0; index < count; index++) {
    afterMs = schedule.next(afterMs, 0) ?? Number.NaN
    found.push(new Date(afterMs).toISOString().slice(0, 16))
  }
  return found
}

describe('an expression is due', () => {
  test.each([
    ['rate(1 minute)', ['2026-11-23T12:01', '2026-11-23T12:02']],
    ['rate(5 minutes)', ['2026-11-23T12:05', '2026-11-23T12:10']],
    ['rate(60 minutes)', ['2026-11-23T13:00', '2026-11-23T14:00']],
    ['rate(12 hours)', ['2026-11-24T00:00', '2026-11-24T12:00']],
    ['rate(1 day)', ['2026-11-24T00:00', '2026-11-25T00:00']],
    ['cron(0 10 * * ? *)', ['2026-11-24T10:00', '2026-11-25T10:00']],
    ['cron(15 12 ? * 2-6 *)', ['2026-11-23T12:15', '2026-11-24T12:15']],
    ['cron(0 8 ? * 1 *)', ['2026-11-29T08:00', '2026-12-06T08:00']],
    ['cron(0 8 ? * SUN *)', ['2026-11-29T08:00', '2026-12-06T08:00']],
    ['cron(0 8 ? * 7,1 *)', ['2026-11-28T08:00', '2026-11-29T08:00']],
    ['cron(0/30 8 1 * ? *)', ['2026-12-01T08:00', '2026-12-01T08:30']],
    ['cron(0 8 ? * 2/3 *)', ['2026-11-26T08:00', '2026-11-30T08:00']],
    ['cron(0 8 L * ? *)', ['2026-11-30T08:00', '2026-12-31T08:00']],
    ['cron(0 8 ? * 3#1 *)', ['2026-12-01T08:00', '2027-01-05T08:00']],
    ['cron(0 8 ? * 6L *)', ['2026-11-27T08:00', '2026-12-25T08:00']],
    ['cron(0 8 ? * L *)', ['2026-11-28T08:00', '2026-12-05T08:00']],
  ])('%s', (expression, wanted) => {
    expect(times(expression)).toEqual(wanted)
  })
})

test.each([
  'every day',
  'rate(1 minutes)',
  'rate(5 minute)',
  'rate(0 minutes)',
  'rate(7 minutes)',
  'rate(2 days)',
  'rate(5 seconds)',
  'cron(0 10 * * ?)',
  'cron(0 10 * * * *)',
  'cron(0 10 ? * ? *)',
  'cron(0 10 * * ? 2027)',
])('%s is refused', expression => {
  expect(() => calendarOf(expression)).toThrow(expect.objectContaining({ code: 'ValidationException' }))
})
