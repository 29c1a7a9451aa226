import { stripVTControlCharacters } from 'node:util'
import type { StreamStatus } from '@millrace/sdk'
import picocolors from 'picocolors'
import { describe, expect, test } from 'vitest'
import { durationText, lagText, sinkText, sourceText, stateText } from './state-text.ts'
import { statusText } from './status.ts'

const colors = { ...picocolors, ...picocolors.createColors(false) }
const status: StreamStatus = {
  name: 'orders',
  state: 'running',
  tasks: 2,
  counts: { read: 12, written: 10 },
  writtenPerSecond: 1.25,
  inFlight: 1,
  heldRecords: 3,
  heldBytes: 2_048,
}
const failure = { code: 'source.unavailable', message: 'No broker answers.', atMs: 0 }

describe('the status of a stream', () => {
  test('is a table of how it stands and one of what became of records', () => {
    // Heads of tables are dim wherever the environment has colours.
    const lag = { records: 7, ageMs: 61_000 }
    const text = stripVTControlCharacters(statusText({ colors }, { ...status, lag }))
    expect(text).toMatch(/orders +running +7, 1 min old +1\.3 +2 +1 +3 +2\n/)
    expect(text).toMatch(/read +written *\n +12 +10 *\n/)
    expect(text).not.toContain('because')
  })

  test('says why it does not run, and once only', () => {
    const text = statusText({ colors }, { ...status, state: 'failed', reason: failure, lastError: failure })
    expect(text).toContain('because No broker answers. [source.unavailable] at 1970-01-01T00:00:00.000Z')
    expect(text).not.toContain('last error')
  })

  test('tells the last failure of one that runs', () => {
    expect(statusText({ colors }, { ...status, lastError: failure })).toContain(
      'last error No broker answers.',
    )
  })

  test('shows a state that is not known yet as it is', () => {
    expect(stateText(colors, 'resting' as StreamStatus['state'])).toBe('resting')
  })
})

test.each([
  [{}, '–'],
  [{ lag: {} }, '–'],
  [{ lag: { records: 0 } }, '0'],
  [{ lag: { ageMs: 1_500 } }, '1.5 s old'],
])('a lag of %j is %s', (lag, text) => {
  expect(lagText(lag)).toBe(text)
})

test.each([
  [12, '12 ms'],
  [59_900, '59.9 s'],
  [3_599_000, '59 min'],
  [5_400_000, '1.5 h'],
])('%i ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

test('both ends are told in a few words', () => {
  expect(sourceText({ connector: 'kafka', instance: 'main' })).toBe('kafka:main')
  expect(sinkText({ connector: 'http' })).toBe('http')
  expect(sinkText({ function: 'clean', qualifier: 'prod' })).toBe('function clean')
})
