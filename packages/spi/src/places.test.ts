import { expect, test } from 'vitest'
import { Places } from './places.ts'

const never = new AbortController().signal

/** Notes the names of those who got a place, in the order in which they did. */
function queue(places: Places, into: string[]): (name: string, signal?: AbortSignal) => Promise<void> {
  return (name, signal = never) => places.take(signal).then(() => void into.push(name))
}

test('there are so many places and no more', () => {
  const places = new Places(2)
  expect([places.tryTake(), places.tryTake(), places.tryTake()]).toEqual([true, true, false])
  places.give()
  expect([places.tryTake(), places.tryTake()]).toEqual([true, false])
})

test('those who wait are served in their order, and before who only tries', async () => {
  const places = new Places(1)
  const served: string[] = []
  const join = queue(places, served)
  await join('first')
  const waiting = [join('second'), join('third')]
  places.give()
  expect(places.tryTake()).toBe(false)
  places.give()
  await Promise.all(waiting)
  expect(served).toEqual(['first', 'second', 'third'])
})

test('one who gives up is passed over: the next one has the place', async () => {
  const places = new Places(1)
  const served: string[] = []
  const join = queue(places, served)
  await join('first')
  const abort = new AbortController()
  const lost = join('second', abort.signal)
  const third = join('third')
  abort.abort(new Error('enough'))
  await expect(lost).rejects.toThrow('enough')
  places.give()
  await third
  expect(served).toEqual(['first', 'third'])
})

test('who gives up makes no place for others', async () => {
  const places = new Places(1)
  await places.take(never)
  const abort = new AbortController()
  const lost = places.take(abort.signal)
  abort.abort(new Error('enough'))
  await expect(lost).rejects.toThrow('enough')
  expect(places.tryTake()).toBe(false)
})

test('a place that was had before the abort stays had', async () => {
  const places = new Places(1)
  await places.take(never)
  const abort = new AbortController()
  const second = places.take(abort.signal)
  places.give()
  abort.abort(new Error('too late'))
  await second
  expect(places.tryTake()).toBe(false)
})

test('a signal that has aborted before takes no place', async () => {
  const places = new Places(1)
  await expect(places.take(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  expect(places.tryTake()).toBe(true)
})
