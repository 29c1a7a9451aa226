import { expect, test } from 'vitest'
import { Doors } from './doors.ts'

const answering = (status: number) => async () => ({ status })

test('the latest that listens gets the requests, and the one before it when it has gone', () => {
  const doors = new Doors()
  const [first, second] = [answering(1), answering(2)]
  const opened = doors.door('1/s').open(first, { bodyBytesMax: 1 })
  const later = doors.door('1/s').open(second, { bodyBytesMax: 2 })

  expect(doors.at('1/s')).toEqual({ handle: second, bodyBytesMax: 2 })
  later[Symbol.dispose]()
  later[Symbol.dispose]()
  expect(doors.at('1/s')).toEqual({ handle: first, bodyBytesMax: 1 })
  expect(doors.at('1/t')).toBeUndefined()
  opened[Symbol.dispose]()
  expect(doors.at('1/s')).toBeUndefined()
})

test('one that closes behind a later one leaves that alone', () => {
  const doors = new Doors()
  const [first, second] = [answering(1), answering(2)]
  const opened = doors.door('1/s').open(first, { bodyBytesMax: 1 })
  doors.door('1/s').open(second, { bodyBytesMax: 2 })
  opened[Symbol.dispose]()

  expect(doors.at('1/s')?.handle).toBe(second)
})
