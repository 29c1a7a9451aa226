import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pruned, type RuleChange, withChange } from './rule-history.ts'

/** The change that is live at a position, found the slow way. */
function liveAt(history: readonly RuleChange[], position: number): RuleChange | undefined {
  return history.filter(change => change.from <= position).at(-1)
}

const historyArbitrary = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 }).map(steps => {
  let from = 1
  let history: RuleChange[] = []
  for (const step of steps) {
    from += step
    history = withChange(history, { from, spec: null })
  }
  return history
})

test('pruning changes nothing for any event that is still to be routed', () => {
  fc.assert(
    fc.property(historyArbitrary, fc.nat(200), fc.nat(50), (history, routed, ahead) => {
      const kept = pruned(history, routed)
      expect(liveAt(kept, routed + ahead)).toBe(liveAt(history, routed + ahead))
    }),
  )
})

test('a change at the position of the last one replaces it', () => {
  const first = withChange([], { from: 5, spec: null })
  expect(withChange(first, { from: 5, spec: null })).toHaveLength(1)
})
