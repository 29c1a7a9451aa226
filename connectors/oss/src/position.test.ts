import { describe, expect, test } from 'vitest'
import { Item } from './item.ts'
import { noticeOf } from './notice.ts'
import { compare, Progress } from './position.ts'

const texts = { requestId: '', ruleId: '', sourceAddress: '', principal: '', owner: '', mimeType: '' }

/** An object on its way, of which so many records are out. */
function underWay(progress: Progress, key: string, records: number, isWhole = true): Item {
  const object = { key, eTag: `e-${key}`, size: 1, timeMs: 1 }
  const facts = {
    eventName: 'ObjectCreated:Put',
    bucket: 'b',
    region: 'r',
    sequencer: '',
    userMeta: undefined,
  }
  const item = new Item(noticeOf({ ...texts, ...facts, ...object }, '1'))
  progress.begin(item, object)
  for (let i = 0; i < records; i++) item.handOut()
  if (isWhole) item.exhaust()
  return item
}

describe('the position of a listing', () => {
  test('is behind the last object before which all are done', () => {
    const progress = new Progress({ sinceMs: 5 })
    const [a, b] = [underWay(progress, 'a', 1), underWay(progress, 'b', 1)]
    b.complete(0)
    expect(progress.advance()).toBe(false)
    expect(progress.position).toEqual({ sinceMs: 5 })
    a.complete(0)
    expect(progress.advance()).toBe(true)
    expect(progress.position).toEqual({ sinceMs: 5, after: { key: 'b', timeMs: 1 } })
  })

  test('counts the elements of an object that are done without a gap', () => {
    const progress = new Progress({ sinceMs: 0 })
    const item = underWay(progress, 'a', 4, false)
    item.complete(1)
    expect(progress.advance()).toBe(false)
    item.complete(0)
    item.complete(0)
    expect(progress.advance()).toBe(true)
    expect(progress.position.part).toEqual({ key: 'a', eTag: 'e-a', elements: 2 })
    item.complete(2)
    item.complete(3)
    progress.advance()
    expect(progress.position).toEqual({ sinceMs: 0, part: { key: 'a', eTag: 'e-a', elements: 4 } })
    item.exhaust()
    progress.advance()
    expect(progress.position).toEqual({ sinceMs: 0, after: { key: 'a', timeMs: 1 } })
  })
})

test('objects are ordered by time and key, or by the bytes of the key alone', () => {
  const [early, late] = [
    { key: 'z', timeMs: 1 },
    { key: 'a', timeMs: 2 },
  ]
  expect(compare(early, late, 'time')).toBeLessThan(0)
  expect(compare(early, late, 'key')).toBeGreaterThan(0)
  expect(compare(early, { ...early }, 'time')).toBe(0)
  // UTF-16, by which texts compare here, has these the other way round.
  expect(compare({ key: '\u{10000}', timeMs: 1 }, { key: '\uffff', timeMs: 1 }, 'key')).toBeGreaterThan(0)
})
