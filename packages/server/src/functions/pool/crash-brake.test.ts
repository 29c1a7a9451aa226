import { expect, test } from 'vitest'
import { CrashBrake } from './crash-brake.ts'

test('five crashes in a row cost nothing; from the sixth on the pause doubles up to a second', () => {
  const brake = new CrashBrake()
  const pauses: number[] = []
  let nowMs = 0
  for (let count = 0; count < 11; count++) {
    brake.crashed(nowMs)
    pauses.push(brake.waitMs(nowMs))
    nowMs += brake.waitMs(nowMs)
    expect(brake.waitMs(nowMs)).toBe(0)
  }
  expect(pauses).toEqual([0, 0, 0, 0, 0, 100, 200, 400, 800, 1_000, 1_000])
})

test('an instance that was of use begins a new row', () => {
  const brake = new CrashBrake()
  const crashSix = (): void => {
    for (let count = 0; count < 6; count++) brake.crashed(0)
  }
  crashSix()
  brake.served()
  expect(brake.waitMs(0)).toBe(0)
  crashSix()
  expect(brake.waitMs(0)).toBe(100)
})
