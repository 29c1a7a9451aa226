import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DedupTable } from './dedup-table.ts'

const windowMs = 100

test('with room enough the table knows exactly what was added within the window', () => {
  const steps = fc.array(
    fc.record({ key: fc.integer({ min: 0, max: 8 }), afterMs: fc.integer({ min: 0, max: 60 }) }),
  )
  fc.assert(
    fc.property(steps, actions => {
      const table = new DedupTable(windowMs, 1_000)
      const model = new Map<string, number>()
      let nowMs = 1_000
      for (const { key, afterMs } of actions) {
        nowMs += afterMs
        const name = `k${key}`
        const addedAtMs = model.get(name)
        const isKnown = addedAtMs !== undefined && addedAtMs + windowMs > nowMs
        expect(table.find(name, nowMs, windowMs) !== undefined).toBe(isKnown)
        if (isKnown) continue
        model.set(name, nowMs)
        table.add(name, { acceptedAtMs: nowMs, position: 1, appended: undefined })
      }
      expect(table.forgottenEarly).toBe(0)
    }),
  )
})

test('it holds at most its limit, always the latest half, and counts what fell out early', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 200 }), (entriesMax, count) => {
      const table = new DedupTable(windowMs, entriesMax)
      for (let index = 0; index < count; index++) {
        table.add(`k${index}`, { acceptedAtMs: 0, position: index, appended: undefined })
        expect(table.size).toBeLessThanOrEqual(entriesMax)
      }
      for (let back = 0; back < Math.min(count, Math.floor(entriesMax / 2)); back++) {
        expect(table.find(`k${count - 1 - back}`, 0, windowMs)?.position).toBe(count - 1 - back)
      }
      expect(table.forgottenEarly).toBe(count - table.size)
    }),
  )
})
