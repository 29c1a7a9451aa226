import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InstanceBudget } from './budget.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd')

/** Whether the instances could be put into places of which some belong to functions, tried out one by one. */
function fits(
  used: ReadonlyMap<string, number>,
  reserved: ReadonlyMap<string, number>,
  max: number,
): boolean {
  let shared = max
  for (const count of reserved.values()) shared -= count
  let total = 0
  for (const [name, count] of used) {
    total += count
    for (let index = reserved.get(name) ?? 0; index < count; index++) shared--
  }
  return (
    total <= max && (shared >= 0 || [...used].every(([name, count]) => count <= (reserved.get(name) ?? 0)))
  )
}

describe('the budget of instances', () => {
  test('gives exactly as long as there is a place that the function may use', () => {
    const step = fc.record({ take: fc.boolean(), key })
    const reservation = fc.dictionary(key, fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), reservation, (steps, parts) => {
        const max = 10
        const reserved = new Map(Object.entries(parts))
        const budget = new InstanceBudget(max)
        budget.reserve(reserved)
        const used = new Map<string, number>()
        for (const { take, key: name } of steps) {
          const count = used.get(name) ?? 0
          if (!take) {
            if (count === 0) continue
            budget.give(name)
            used.set(name, count - 1)
            continue
          }
          const more = new Map(used).set(name, count + 1)
          expect(budget.take(name)).toBe(fits(more, reserved, max))
          if (budget.usedBy(name) > count) used.set(name, count + 1)
        }
        expect(budget.used).toBe([...used.values()].reduce((sum, count) => sum + count, 0))
      }),
    )
  })

  test('keeps what is reserved from all others, used or not', () => {
    const budget = new InstanceBudget(4)
    budget.reserve(new Map([['kept', 3]]))
    expect([budget.take('other'), budget.take('other')]).toEqual([true, false])
    expect([budget.take('kept'), budget.take('kept'), budget.take('kept'), budget.take('kept')]).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test('gives a waiting process anything but the last place', () => {
    const budget = new InstanceBudget(2)
    expect([budget.takeSpare(), budget.takeSpare()]).toEqual([true, false])
    expect(budget.take('a')).toBe(true)
    budget.giveSpare()
    expect(budget.takeSpare()).toBe(false)
  })
})
