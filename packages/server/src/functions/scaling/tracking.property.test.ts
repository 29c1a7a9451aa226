import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { track } from './tracking.ts'

const policy = fc
  .record({
    target: fc.double({ min: 0.05, max: 1, noNaN: true }),
    instancesMin: fc.integer({ min: 0, max: 20 }),
    more: fc.integer({ min: 0, max: 200 }),
  })
  .map(({ target, instancesMin, more }) => ({ target, instancesMin, instancesMax: instancesMin + more }))
const current = fc.integer({ min: 0, max: 200 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

describe('tracking a share of use', () => {
  test('stays within its bounds', () => {
    fc.assert(
      fc.property(policy, current, share, (limits, instances, seen) => {
        const wanted = track(instances, seen, limits)
        expect(wanted).toBeGreaterThanOrEqual(limits.instancesMin)
        expect(wanted).toBeLessThanOrEqual(limits.instancesMax)
      }),
    )
  })

  test('never takes away so many that the same load would exceed the target', () => {
    fc.assert(
      fc.property(policy, current, share, (limits, instances, seen) => {
        const wanted = track(instances, seen, limits)
        fc.pre(wanted > 0 && wanted < instances && wanted < limits.instancesMax)
        expect((instances * seen) / wanted).toBeLessThanOrEqual(limits.target + 1e-6)
      }),
    )
  })

  test('comes to rest under a load that does not change', () => {
    fc.assert(
      fc.property(policy, current, fc.double({ min: 0, max: 50, noNaN: true }), (limits, start, load) => {
        let instances = start
        for (let step = 0; step < 60; step++) {
          instances = track(instances, instances === 0 ? 0 : Math.min(1, load / instances), limits)
        }
        const seen = instances === 0 ? 0 : Math.min(1, load / instances)
        expect(track(instances, seen, limits)).toBe(instances)
      }),
    )
  })

  test.each([
    ['grows at once to what fits', 10, 0.9, 0.6, 15],
    ['stays where it is at its target', 2, 0.6, 0.6, 2],
    ['shrinks by half of what is too much', 10, 0, 0.6, 5],
    ['ends the last one', 1, 0, 0.6, 0],
  ])('%s', (_what, instances, seen, target, wanted) => {
    expect(track(instances, seen, { target, instancesMin: 0, instancesMax: 100 })).toBe(wanted)
  })
})
