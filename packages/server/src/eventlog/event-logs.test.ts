import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { openEventLogs } from './event-logs.ts'

const entry = (text: string) => ({ bytes: Buffer.from(text), acceptedAtMs: 1 })

test('the next position and the bytes are known without asking storage, also after it was opened again', async () => {
  const storage = await openStorage()
  const logs = openEventLogs(storage.log)
  await logs.open('a/b')
  expect(logs.next('a/b')).toBe(1)
  expect(await logs.append('a/b', [entry('12345'), entry('678')], 'durable')).toBe(1)
  expect(logs.next('a/b')).toBe(3)
  expect(logs.bytes('a/b')).toBe(8)

  const reopened = openEventLogs(storage.log)
  await Promise.all([reopened.open('a/b'), reopened.open('a/b')])
  expect(reopened.next('a/b')).toBe(3)
  expect(reopened.bytes('a/b')).toBe(8)
})

test('the next position does not move before an append has resolved', async () => {
  const sync = Promise.withResolvers<void>()
  const storage = await openStorage({ sync: () => sync.promise })
  const logs = openEventLogs(storage.log)
  await logs.open('a/b')
  const append = logs.append('a/b', [entry('x')], 'durable')
  await new Promise(resolve => setImmediate(resolve))
  expect(logs.next('a/b')).toBe(1)
  sync.resolve()
  await append
  expect(logs.next('a/b')).toBe(2)
})

test('listeners hear of every append until they are disposed', async () => {
  const logs = openEventLogs((await openStorage()).log)
  const heard: [string, number][] = []
  const listening = logs.onAppended((bus, next) => heard.push([bus, next]))
  await logs.append('a/b', [entry('x')], 'durable')
  await logs.append('a/c', [entry('x'), entry('y')], 'relaxed')
  listening[Symbol.dispose]()
  await logs.append('a/b', [entry('x')], 'durable')
  expect(heard).toEqual([
    ['a/b', 2],
    ['a/c', 3],
  ])
})

test('trimming gives room back', async () => {
  const logs = openEventLogs((await openStorage()).log)
  await logs.append('a/b', [entry('123'), entry('45')], 'durable')
  expect(await logs.trim('a/b', 2)).toEqual({ first: 2, next: 3, bytes: 2 })
  expect(logs.bytes('a/b')).toBe(2)
})

test('asking for a bus that was not opened is a bug, and said so', async () => {
  const logs = openEventLogs((await openStorage()).log)
  expect(() => logs.next('a/b')).toThrow('is open before it is used')
})
