import { AppError } from '@millrace/spi'
import { seededRandom } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Breaker, speaksOfTarget } from './breaker.ts'
import { deadLetterDecision } from './dead-letter.ts'
import { DueHeap } from './due-heap.ts'
import { cutBytes, decodeJournal, encodeJournal, journalPrefix } from './journal.ts'
import { laneName, noKey } from './target-plan.ts'
import { Window } from './window.ts'

describe('window', () => {
  test('in any schedule it starts no more than one second’s burst plus the rate, and never more at once', () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat(400), starts: fc.nat(30), ends: fc.nat(30) }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (actions, rate, atOnce) => {
          const window = new Window(atOnce, rate, 0)
          let nowMs = 0
          let started = 0
          for (const { afterMs, starts, ends } of actions) {
            nowMs += afterMs
            for (let index = 0; index < ends && window.inFlight > 0; index++) window.finish()
            for (let index = 0; index < starts; index++) if (window.tryStart(nowMs)) started++
            expect(window.inFlight).toBeLessThanOrEqual(atOnce)
            expect(started).toBeLessThanOrEqual(rate + (nowMs * rate) / 1_000 + 1e-6)
          }
        },
      ),
    )
  })

  test('it says when the next start is allowed, and at that time it is', () => {
    const window = new Window(10, 4, 0)
    for (let index = 0; index < 4; index++) expect(window.tryStart(0)).toBe(true)
    expect(window.tryStart(0)).toBe(false)
    expect(window.nextTokenAtMs(0)).toBe(250)
    expect(window.tryStart(250)).toBe(true)
  })
})

describe('breaker', () => {
  const limits = { failuresMax: 3, pauseMsMin: 1_000, pauseMsMax: 8_000 }

  test('failures in a row open it, a success in between starts the count anew', () => {
    const breaker = new Breaker(seededRandom(1), limits)
    breaker.failed(0)
    breaker.failed(0)
    breaker.succeeded()
    breaker.failed(0)
    breaker.failed(0)
    expect(breaker.isClosed).toBe(true)
    breaker.failed(0)
    expect(breaker.isClosed).toBe(false)
    expect(breaker.allows(0)).toBe(false)
  })

  test('one probe at a time, after pauses that grow to their limit; a success closes it', () => {
    const breaker = new Breaker(seededRandom(1), limits)
    for (let index = 0; index < 3; index++) breaker.failed(0)
    let nowMs = 0
    for (const ceiling of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      const probeAtMs = breaker.probeAtMs ?? 0
      expect(probeAtMs - nowMs).toBeGreaterThanOrEqual(ceiling * 0.75)
      expect(probeAtMs - nowMs).toBeLessThanOrEqual(ceiling)
      nowMs = probeAtMs
      expect(breaker.allows(nowMs)).toBe(true)
      breaker.started()
      expect(breaker.allows(nowMs)).toBe(false)
      breaker.failed(nowMs)
    }
    breaker.started()
    breaker.succeeded()
    expect(breaker.isClosed).toBe(true)
  })

  test('refusals speak of the event, silence and server failures of the target', () => {
    expect(speaksOfTarget('sink.timeout')).toBe(true)
    expect(speaksOfTarget('sink.unavailable')).toBe(true)
    expect(speaksOfTarget('sink.failed')).toBe(false)
    expect(speaksOfTarget('sink.rejected')).toBe(false)
    expect(speaksOfTarget('sink.throttled')).toBe(false)
  })
})

test('a due heap yields items by time, and nothing that is not due', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100)), times => {
      const heap = new DueHeap<number>()
      for (const time of times) heap.push(time, time)
      const popped: number[] = []
      for (let nowMs = 0; nowMs <= 100; nowMs += 10) {
        for (let item = heap.popDue(nowMs); item !== undefined; item = heap.popDue(nowMs)) {
          expect(item).toBeLessThanOrEqual(nowMs)
          popped.push(item)
        }
      }
      expect(popped).toEqual(times.toSorted((left, right) => left - right))
    }),
  )
})

describe('journal', () => {
  test('a detail is cut to its bytes, between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(60), (text, max) => {
        const cut = cutBytes(text, max)
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max)
        expect(text.startsWith(cut)).toBe(true)
      }),
    )
  })

  test('an entry is read as it was written, and found by the first bytes', () => {
    const entry = {
      position: 12,
      rule: 'r',
      target: 't',
      code: 'sink.failed',
      detail: 'x',
      attempts: 2,
      atMs: 5,
      durationMs: 1,
    }
    const { bytes, acceptedAtMs } = encodeJournal(entry)
    expect(decodeJournal(bytes)).toEqual(entry)
    expect(acceptedAtMs).toBe(5)
    expect(Buffer.from(bytes).subarray(0, journalPrefix(12).length)).toEqual(journalPrefix(12))
  })
})

test('names of lanes are short, different for different keys, and readable where the key is short', () => {
  const long = 'k'.repeat(1_000)
  expect(laneName('order-7')).toBe('order-7')
  expect(laneName(undefined)).toBe(noKey)
  expect(Buffer.byteLength(laneName(long))).toBeLessThanOrEqual(128)
  expect(laneName(`${long}a`)).not.toBe(laneName(`${long}b`))
})

describe('dead letter', () => {
  const delivery = { position: 1, attempts: 4, dueAtMs: 0, enqueuedAtMs: 0, lane: undefined }

  test('its sink is tried for about a week, at growing intervals of at most five minutes', () => {
    const random = seededRandom(1)
    const error = new AppError('sink.unavailable', 'gone')
    let nowMs = 0
    for (let tries = 1; ; tries++) {
      const decision = deadLetterDecision(
        { strategy: 'BACKOFF_RETRY' },
        delivery,
        tries,
        nowMs,
        error,
        random,
      )
      if (decision.kind === 'expired') break
      expect(decision.dueAtMs - nowMs).toBeLessThanOrEqual(300_000)
      nowMs = decision.dueAtMs
    }
    expect(nowMs).toBeGreaterThan(7 * 86_400_000)
    expect(nowMs).toBeLessThanOrEqual(8 * 86_400_000)
  })
})
