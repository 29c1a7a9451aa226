import { describe, expect, test } from 'vitest'
import type { ScalingSpec } from '../../resources/index.ts'
import { desiredInstances } from './desired.ts'
import { checkScaling, compilePolicies } from './policies.ts'

const at = (text: string): number => Date.parse(text)
const none = new Map<string, number>()

function specOf(change: Partial<ScalingSpec>): ScalingSpec {
  return { instancesMin: 1, schedules: [], tracking: [], overflow: true, ...change }
}

function schedule(
  expression: string,
  instances: number,
  change: Partial<ScalingSpec['schedules'][number]> = {},
): ScalingSpec['schedules'][number] {
  return { name: expression, expression, instances, timeZone: 'UTC', ...change }
}

function tracking(name: string, instancesMin: number): ScalingSpec['tracking'][number] {
  return { name, metric: 'concurrency', target: 0.6, instancesMin, instancesMax: 50, timeZone: 'UTC' }
}

describe('what is kept', () => {
  test('is the plain minimum while no policy has a value', () => {
    const policies = compilePolicies(specOf({ schedules: [schedule('at(2026-02-01T00:00:00)', 9)] }))
    expect(desiredInstances(policies, 0, none, at('2026-01-31T23:59:59Z'))).toEqual({
      instances: 1,
      reason: 'minimum',
    })
    expect(desiredInstances(policies, 0, none, at('2026-02-01T00:00:00Z'))).toEqual({
      instances: 9,
      reason: 'schedule',
    })
  })

  test('is what the schedule says that fired last, until another fires', () => {
    const policies = compilePolicies(
      specOf({ schedules: [schedule('cron(0 0 20 * * *)', 50), schedule('cron(0 0 22 * * *)', 3)] }),
    )
    const kept = (time: string): number => desiredInstances(policies, 0, none, at(time)).instances
    expect(kept('2026-01-01T19:59:59Z')).toBe(3)
    expect(kept('2026-01-01T20:00:00Z')).toBe(50)
    expect(kept('2026-01-01T21:59:59Z')).toBe(50)
    expect(kept('2026-01-01T22:00:00Z')).toBe(3)
    expect(kept('2026-01-02T20:00:01Z')).toBe(50)
    expect(kept('2026-01-01T20:30:00Z')).toBe(50)
  })

  test('goes by the clocks of the zone, in the window and after the setting was made', () => {
    const zoned = { timeZone: 'Asia/Shanghai', start: '2026-01-10T00:00:00', end: '2026-01-20T00:00:00' }
    const policies = compilePolicies(specOf({ schedules: [schedule('cron(0 0 8 * * *)', 7, zoned)] }))
    const kept = (time: string, since = 0): number =>
      desiredInstances(policies, since, none, at(time)).instances
    expect(kept('2026-01-09T23:59:59Z')).toBe(1)
    expect(kept('2026-01-10T00:00:00Z')).toBe(7)
    expect(kept('2026-01-19T15:59:59Z')).toBe(7)
    expect(kept('2026-01-19T16:00:00Z')).toBe(1)
    expect(kept('2026-01-15T12:00:00Z', at('2026-01-15T06:00:00Z'))).toBe(1)
  })

  test('is the largest value where schedules and tracked metrics differ, however small the minimum', () => {
    const policies = compilePolicies(
      specOf({
        instancesMin: 30,
        schedules: [schedule('at(2026-01-01T00:00:00)', 4)],
        tracking: [tracking('a', 2), tracking('b', 3)],
      }),
    )
    const now = at('2026-01-02T00:00:00Z')
    expect(desiredInstances(policies, 0, none, now)).toEqual({ instances: 4, reason: 'schedule' })
    const tracked = new Map([
      ['a', 2],
      ['b', 11],
    ])
    expect(desiredInstances(policies, 0, tracked, now)).toEqual({ instances: 11, reason: 'tracking' })
  })
})

test.each([
  ['cron(* * * *)', 'UTC'],
  ['at(tomorrow)', 'UTC'],
  ['every day', 'UTC'],
  ['cron(0 0 8 * * *)', 'Mars/Olympus'],
])('a schedule that cannot be followed is refused: %s in %s', (expression, timeZone) => {
  expect(() => checkScaling(specOf({ schedules: [schedule(expression, 1, { timeZone })] }))).toThrow(
    expect.objectContaining({ code: 'schedule.invalid' }),
  )
})
