import { describe, expect, test } from 'vitest'
import { delayMsMax, sleep, systemClock } from './clock.ts'
import { FakeClock } from './conformance/index.ts'
import { systemRandom } from './random.ts'

describe('sleep', () => {
  test('ends when the clock says so, and leaves no timer', async () => {
    const clock = new FakeClock()
    let isOver = false
    const sleeping = sleep(clock, 100, new AbortController().signal).then(() => (isOver = true))
    await clock.advance(99)
    expect(isOver).toBe(false)
    await clock.advance(1)
    await sleeping
    expect(clock.pending).toBe(0)
  })

  test('rejects with the reason of its signal, and leaves no timer', async () => {
    const clock = new FakeClock()
    const abort = new AbortController()
    const sleeping = sleep(clock, 100, abort.signal)
    abort.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    expect(clock.pending).toBe(0)
  })

  test('does not begin when its signal has aborted', async () => {
    const clock = new FakeClock()
    await expect(sleep(clock, 100, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect(clock.pending).toBe(0)
  })
})

describe('the clock of the system', () => {
  test('fires a timer that is due at once, and one without delay below zero, too', async () => {
    await sleep(systemClock, 0, new AbortController().signal)
    await sleep(systemClock, -5, new AbortController().signal)
  })

  test('does not fire a cancelled timer, nor one that is too far away at once', async () => {
    const fired: string[] = []
    using _far = systemClock.timer(delayMsMax * 10, () => fired.push('far'))
    systemClock.timer(0, () => fired.push('cancelled'))[Symbol.dispose]()
    await sleep(systemClock, 1, new AbortController().signal)
    expect(fired).toEqual([])
  })
})

test('ids of the system are unique and sort by time', () => {
  let nowMs = 1_700_000_000_000
  const random = systemRandom({ ...systemClock, nowMs: () => nowMs })
  const ids = Array.from({ length: 1_000 }, () => {
    nowMs++
    return random.id()
  })
  expect(new Set(ids).size).toBe(1_000)
  expect(ids.toSorted()).toEqual(ids)
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
  const chance = Array.from({ length: 1_000 }, () => random.next())
  expect(chance.every(value => value >= 0 && value < 1)).toBe(true)
})
