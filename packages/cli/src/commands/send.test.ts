import { expect, test } from 'vitest'
import { parseEvents } from './send.ts'

test('a file holds one JSON array, or one object a line with blank lines between', () => {
  const events = [
    { source: 'a', type: 't' },
    { source: 'b', type: 't' },
  ]
  expect(parseEvents(JSON.stringify(events))).toEqual(events)
  expect(parseEvents(`${JSON.stringify(events[0])}\n\n${JSON.stringify(events[1])}\n`)).toEqual(events)
})

test('a line that is not JSON is named by its number', () => {
  expect(() => parseEvents('{"source":"a"}\nnonsense\n')).toThrow('line 2 is not JSON')
})
