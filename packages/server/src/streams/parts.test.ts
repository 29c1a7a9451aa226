import { ok, type Outcome } from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { silentStreamObserver } from '../observability/index.ts'
import { Counts } from './counts.ts'
import { Fifo } from './fifo.ts'
import { expandOutcome } from './item-failures.ts'
import { joinArray } from './json-array.ts'
import { Lane } from './lane.ts'
import { growingPauseMs } from './pause.ts'
import { RecordRate } from './record-rate.ts'
import { Slots } from './slots.ts'
import { Unit } from './unit.ts'

test('a queue gives what it got, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), steps => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      for (const step of steps) {
        if (step === null) expect(fifo.shift()).toBe(model.shift())
        else {
          fifo.push(step)
          model.push(step)
        }
        expect([fifo.length, fifo.first()]).toEqual([model.length, model[0]])
      }
    }),
  )
})

test('a long queue keeps its order when it is cut', () => {
  const fifo = new Fifo<number>()
  for (let item = 0; item < 5_000; item++) fifo.push(item)
  const seen = Array.from({ length: 5_000 }, () => fifo.shift())
  expect(seen).toEqual(Array.from({ length: 5_000 }, (_, item) => item))
})

test('a rate holds over time, whatever the size of batches', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 20 }), sizes => {
      const rate = new RecordRate(10, 0)
      let nowMs = 0
      let taken = 0
      for (const size of sizes) {
        nowMs = rate.nextAtMs(nowMs)
        rate.take(size)
        taken += size
      }
      // One second's worth is there at the beginning, and the last batch may be in debt.
      expect(taken - 10 - 50).toBeLessThanOrEqual((nowMs / 1_000) * 10)
    }),
  )
})

test('pauses grow to their limit, and never beyond', () => {
  const random = seededRandom(1)
  const pauses = Array.from({ length: 40 }, (_, index) => growingPauseMs(index + 1, 30_000, random))
  expect(pauses[0]).toBeLessThanOrEqual(1_000)
  expect(Math.min(...pauses.slice(10))).toBeGreaterThanOrEqual(15_000)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000)
})

test('a slot that is given goes to whoever waits for it, not to whoever only tries', async () => {
  let freed = 0
  const slots = new Slots(1, () => void freed++)
  expect(slots.tryTake()).toBe(true)
  const waiting = slots.take()
  slots.give()
  await waiting
  expect([slots.tryTake(), freed]).toEqual([false, 0])
  slots.give()
  expect([slots.hasFree, freed]).toEqual([true, 1])
})

test('texts become an array', () => {
  const join = (...texts: string[]) => joinArray(texts.map(text => Buffer.from(text))).toString()
  expect([join(), join('1'), join('{"a":1}', '"é"', 'null')]).toEqual(['[]', '[1]', '[{"a":1},"é",null]'])
})

test('the rate is that of the last ten whole seconds', async () => {
  const clock = new FakeClock()
  const counts = new Counts('a/s', clock, silentStreamObserver)
  counts.add('written', 100)
  expect(counts.perSecond()).toBe(0)
  await clock.advance(1_000)
  expect(counts.perSecond()).toBe(10)
  await clock.advance(9_000)
  expect(counts.perSecond()).toBe(10)
  await clock.advance(1_000)
  expect(counts.perSecond()).toBe(0)
})

describe('the reply of a function to a list', () => {
  const event = new Uint8Array(0)
  const units = ['a', 'b', 'a'].map(
    id => new Unit(event, id, event, 0, new Lane(''), { event, id, partition: '' }),
  )
  const expand = (reply: string | undefined): string[] => {
    const outcome: Outcome = reply === undefined ? ok : { status: 'ok', reply: Buffer.from(reply) }
    return expandOutcome(units, outcome).map(each => (each.status === 'ok' ? 'ok' : each.error.code))
  }

  test.each([undefined, '', 'null', '"done"', '{"batchItemFailures":[]}', '{"batchItemFailures":null}'])(
    '%s means that all went well',
    reply => expect(expand(reply)).toEqual(['ok', 'ok', 'ok']),
  )

  test('fails just those that it names, and all of one id', () => {
    const reply = '{"batchItemFailures":[{"itemIdentifier":"a"}]}'
    expect(expand(reply)).toEqual(['stream.item-failed', 'ok', 'stream.item-failed'])
  })

  test.each([
    '{"batchItemFailures":[{"itemIdentifier":"c"}]}',
    '{"batchItemFailures":["a"]}',
    '{"batchItemFailures":{}}',
  ])('%s fails all, for nobody knows what is meant', reply =>
    expect(new Set(expand(reply))).toEqual(new Set(['stream.reply-invalid'])),
  )
})
