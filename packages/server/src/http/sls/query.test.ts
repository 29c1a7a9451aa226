import { expect, test } from 'vitest'
import { compileQuery } from './query.ts'

const record = new Map([
  ['__time__', '1752566400'],
  ['__topic__', 'orders'],
  ['__source__', '10.0.0.1'],
  ['__tag__:env', 'dev'],
  ['level', 'ERROR'],
  ['message', 'cannot open /var/log/app.log: permission denied'],
  ['status', '503'],
  ['share', '0.25'],
  ['empty', ''],
  ['a key', 'x'],
])

test.each([
  ['error', true],
  ['Error', true],
  ['err', false],
  ['err*', true],
  ['permission denied', true],
  ['denied permission', true],
  ['"permission denied"', true],
  ['"denied permission"', false],
  ['level: error', true],
  ['level:error', true],
  ['level: warn', false],
  ['message: error', false],
  ['message: "open /var/log"', true],
  ['message: open and not level: info', true],
  ['message: open and not level: error', false],
  ['message: open not level: error', false],
  ['level: warn or status: 503', true],
  ['level: warn OR (status: 503 AND share < 1)', true],
  ['(level: warn or status: 503) and share > 1', false],
  ['level: error or level: warn and status: 200', true],
  ['not (level: error or status: 200)', false],
  ['not not level: error', true],
  ['status > 502', true],
  ['status >= 503 and status <= 503', true],
  ['status < 503', false],
  ['status = 503.0', true],
  ['level > 1', false],
  ['empty < 1', false],
  ['status in [500 599]', true],
  ['status in [400 503)', false],
  ['status in (502 503]', true],
  ['status in (503 504]', false],
  ['in', false],
  ['empty: *', true],
  ['none: *', false],
  ['__topic__: orders', true],
  ['__source__: 10.0.0.1', true],
  ['__tag__:env: dev', true],
  ['__tag__:env: prod', false],
  ['"a key": x', true],
  ['1752566400', false],
  ['* and level: error', true],
  ['', undefined],
  ['*', undefined],
])('the query %j finds the log: %j', (query, isFound) => {
  expect(compileQuery(query)?.(record)).toBe(isFound)
})

test.each([
  ['a | select count(*)', 'no SQL'],
  ['(a', 'not closed'],
  ['a)', 'wrong place'],
  ['a and', 'ends where'],
  ['level:', 'ends where'],
  ['level: :', 'where a word'],
  ['status > many', 'a number'],
  ['status in [1 2', 'not closed'],
  ['"open', 'quotation mark'],
  [`${'('.repeat(40)}a${')'.repeat(40)}`, 'deeper than 32'],
  ['not '.repeat(40) + 'a', 'deeper than 32'],
  ['x'.repeat(16_385), '16385 characters'],
])('the query %j is refused', (query, message) => {
  expect(() => compileQuery(query)).toThrow(
    expect.objectContaining({ code: 'InvalidQueryString', message: expect.stringContaining(message) }),
  )
})
