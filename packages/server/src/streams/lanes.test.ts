import type { SourceRecord } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { Lanes } from './lanes.ts'
import type { Unit } from './unit.ts'

const limits = { countMax: 10, bytesMax: 1_000, windowMs: 0 }

function record(id: string, bytes = 10): SourceRecord {
  return { event: new Uint8Array(bytes), id, partition: id.split('-')[0] ?? '' }
}

function open(isOrdered: boolean, isMixed: boolean, ...ids: readonly string[]) {
  const done: string[] = []
  const lanes = new Lanes({ isOrdered, isMixed, onDone: ({ id }) => void done.push(id) })
  for (const id of ids) lanes.admit(record(id), 0, true)
  return { lanes, done }
}

function take(lanes: Lanes, more = limits, nowMs = 0): readonly Unit[] {
  const choice = lanes.choose(more, nowMs)
  return choice.kind === 'batch' ? choice.units : []
}

const ids = (units: readonly Unit[]): string[] => units.map(({ id }) => id)

describe('lanes that keep order', () => {
  test('a partition with records under way gives none until all of these have ended', () => {
    const { lanes } = open(true, true, 'a-0', 'a-1', 'a-2', 'b-0')
    const first = take(lanes, { ...limits, countMax: 2 })
    expect(ids(first)).toEqual(['a-0', 'a-1'])
    expect(ids(take(lanes))).toEqual(['b-0'])
    lanes.end(first[1]!)
    expect(take(lanes)).toEqual([])
    lanes.end(first[0]!)
    expect(ids(take(lanes))).toEqual(['a-2'])
  })

  test('are done in the order in which they were read, whichever ended first', () => {
    const { lanes, done } = open(true, true, 'a-0', 'b-0', 'a-1')
    const units = take(lanes)
    lanes.end(units.find(({ id }) => id === 'a-1')!)
    lanes.end(units.find(({ id }) => id === 'b-0')!)
    expect(done).toEqual(['b-0'])
    lanes.end(units.find(({ id }) => id === 'a-0')!)
    expect(done).toEqual(['b-0', 'a-0', 'a-1'])
  })

  test('an unwanted record is done when those before it are', () => {
    const { lanes, done } = open(true, true, 'a-0')
    lanes.admit(record('a-1'), 0, false)
    lanes.admit(record('b-0'), 0, false)
    expect(done).toEqual(['b-0'])
    for (const unit of take(lanes)) lanes.end(unit)
    expect(done).toEqual(['b-0', 'a-0', 'a-1'])
  })

  test('a batch holds one partition where failures are shared, several elsewhere', () => {
    const all = ['a-0', 'b-0', 'b-1']
    expect(ids(take(open(true, false, ...all).lanes))).toEqual(['a-0'])
    expect(ids(take(open(true, true, ...all).lanes))).toEqual(all)
  })

  test('of several partitions none is starved by a busy one', () => {
    const { lanes } = open(true, false, 'a-0', 'a-1', 'b-0')
    const first = take(lanes, { ...limits, countMax: 1 })
    for (const unit of first) lanes.end(unit)
    expect(ids(take(lanes, { ...limits, countMax: 1 }))).toEqual(['b-0'])
  })
})

describe('lanes without order', () => {
  test('give while others are under way, and are done one by one', () => {
    const { lanes, done } = open(false, true, 'a-0', 'a-1', 'b-0')
    const first = take(lanes, { ...limits, countMax: 2 })
    expect(ids(take(lanes))).toEqual(['b-0'])
    lanes.end(first[1]!)
    expect(done).toEqual(['a-1'])
  })
})

describe('a batch', () => {
  test('has no more bytes than it may, except for one record that is larger by itself', () => {
    const { lanes } = open(false, true)
    lanes.admit(record('a-0', 2_000), 0, true)
    lanes.admit(record('a-1', 600), 0, true)
    lanes.admit(record('a-2', 600), 0, true)
    expect([take(lanes), take(lanes), take(lanes)].map(ids)).toEqual([['a-0'], ['a-1'], ['a-2']])
  })

  test('waits for its window from its oldest record on, unless it is full', () => {
    const { lanes } = open(true, true, 'a-0')
    lanes.admit(record('b-0'), 300, true)
    const window = { ...limits, countMax: 3, windowMs: 1_000 }
    expect(lanes.choose(window, 999)).toEqual({ kind: 'later', dueAtMs: 1_000 })
    expect(lanes.choose(window, 1_000)).toMatchObject({ kind: 'batch' })
    lanes.admit(record('c-0'), 1_000, true)
    expect(lanes.choose(window, 1_000)).toEqual({ kind: 'later', dueAtMs: 2_000 })
    lanes.admit(record('d-0'), 1_000, true)
    lanes.admit(record('e-0'), 1_000, true)
    expect(ids(take(lanes, window, 1_000))).toEqual(['c-0', 'd-0', 'e-0'])
  })
})
