import { expect, test } from 'vitest'
import { StartBreaker } from './start-breaker.ts'

const failure = new Error('no start')

test('two failures in a row cost nothing; from the third on the pause doubles up to ten seconds', () => {
  const breaker = new StartBreaker()
  const pauses: number[] = []
  let nowMs = 0
  for (let count = 0; count < 10; count++) {
    expect(breaker.refusal(nowMs)).toBeUndefined()
    breaker.failed(failure, nowMs)
    const before = nowMs
    while (breaker.refusal(nowMs) !== undefined) nowMs += 100
    pauses.push(nowMs - before)
  }
  expect(pauses).toEqual([0, 0, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
})

test('a start that succeeds makes it forget', () => {
  const breaker = new StartBreaker()
  for (let count = 0; count < 5; count++) breaker.failed(failure, 0)
  expect(breaker.refusal(0)).toBe(failure)
  breaker.succeeded()
  expect(breaker.refusal(0)).toBeUndefined()
  breaker.failed(failure, 0)
  expect(breaker.refusal(0)).toBeUndefined()
})
