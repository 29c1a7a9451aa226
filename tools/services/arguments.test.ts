import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

const known = ['kafka', 'redis']

test('a name without an action starts it', () => {
  expect(readArguments(['kafka', 'redis', 'kafka'], known)).toEqual({
    action: 'start',
    names: ['kafka', 'redis'],
    keepData: false,
    force: false,
  })
})

test('nothing at all is the status of everything', () => {
  expect(readArguments([], known)).toMatchObject({ action: 'status', names: [] })
})

test('stop may keep the data, and stops everything when nothing is named', () => {
  expect(readArguments(['stop', '--keep-data'], known)).toEqual({
    action: 'stop',
    names: [],
    keepData: true,
    force: false,
  })
  expect(() => readArguments(['start', 'kafka', '--keep-data'], known)).toThrow('belong to stop')
})

test('a name or an option that does not exist is refused with what there is', () => {
  expect(() => readArguments(['start', 'kafak'], known)).toThrow(
    'there is no server kafak; there are kafka, redis',
  )
  expect(() => readArguments(['start', 'kafka', '--fast'], known)).toThrow('there is no option --fast')
})

test('installing or starting everything by mistake is refused', () => {
  expect(() => readArguments(['install'], known)).toThrow('say which to install')
})
