import { expect, test } from 'vitest'
import {
  collectionEveryMsMin,
  type MemoryState,
  shouldCollect,
  slackBytesMin,
  utilizationMax,
} from './memory-keeper.ts'

const quiet: MemoryState = {
  slackBytes: slackBytesMin,
  utilization: utilizationMax,
  sinceCollectionMs: collectionEveryMsMin,
}

test('a quiet server with much unused heap gives it back', () => {
  expect(shouldCollect(quiet)).toBe(true)
})

test.each([
  ['there is little to gain', { slackBytes: slackBytesMin - 1 }],
  ['there is work', { utilization: utilizationMax + 0.01 }],
  ['it was done a moment ago', { sinceCollectionMs: collectionEveryMsMin - 1 }],
])('not while %s', (_, change) => {
  expect(shouldCollect({ ...quiet, ...change })).toBe(false)
})

test('once after the start, whatever the figures say, as soon as it is quiet', () => {
  const started = { slackBytes: 0, sinceCollectionMs: Number.POSITIVE_INFINITY }
  expect(shouldCollect({ ...started, utilization: 0 })).toBe(true)
  expect(shouldCollect({ ...started, utilization: 0.5 })).toBe(false)
})
