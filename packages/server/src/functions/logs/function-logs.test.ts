import { expect, test } from 'vitest'
import { FunctionLogs } from './function-logs.ts'
import type { NewLogLine } from './log-ring.ts'

function line(text: string, atMs = 0, requestId?: string): NewLogLine {
  return { text, atMs, requestId, instanceId: 'c-1', stream: 'stdout' }
}

function texts(logs: FunctionLogs, key: string): string[] {
  return logs.read(key, {}).map(each => each.text)
}

test('the oldest lines of a function give way when it has too many', () => {
  const logs = new FunctionLogs({ linesMax: 3, bytesMax: 10_000, totalBytesMax: 10_000 })
  for (const text of ['a', 'b', 'c', 'd', 'e']) logs.append('f', line(text))
  expect(texts(logs, 'f')).toEqual(['c', 'd', 'e'])
  expect(logs.read('f', {}).map(each => each.sequence)).toEqual([3, 4, 5])
})

test('the oldest lines of a function give way when they are too large', () => {
  const logs = new FunctionLogs({ linesMax: 1_000, bytesMax: 1_000, totalBytesMax: 10_000 })
  for (let count = 0; count < 10; count++) logs.append('f', line('x'.repeat(272)))
  expect(texts(logs, 'f')).toHaveLength(2)
})

test('the function that was silent for longest loses its lines when all together are too large', () => {
  const logs = new FunctionLogs({ linesMax: 1_000, bytesMax: 1_000, totalBytesMax: 1_500 })
  logs.append('old', line('x'.repeat(600), 1))
  logs.append('new', line('x'.repeat(600), 2))
  expect(texts(logs, 'old')).toHaveLength(1)
  logs.append('newest', line('x'.repeat(600), 3))
  expect(texts(logs, 'old')).toEqual([])
  expect(texts(logs, 'new')).toHaveLength(1)
  logs.append('old', line('again', 4))
  expect(logs.read('old', {})[0]?.sequence).toBe(2)
})

test('a query by request, by sequence and by number', () => {
  const logs = new FunctionLogs()
  for (let count = 1; count <= 6; count++)
    logs.append('f', line(String(count), 0, count % 2 === 0 ? 'even' : 'odd'))
  const read = (query: object): string[] => logs.read('f', query).map(each => each.text)
  expect(read({ requestId: 'even' })).toEqual(['2', '4', '6'])
  expect(read({ after: 4 })).toEqual(['5', '6'])
  expect(read({ limit: 2 })).toEqual(['5', '6'])
  expect(read({ requestId: 'odd', limit: 1 })).toEqual(['5'])
})

test('a tail gives kept lines, then new ones, and ends with its signal', async () => {
  const logs = new FunctionLogs()
  logs.append('f', line('kept'))
  const stop = new AbortController()
  const seen: string[] = []
  for await (const each of logs.tail('f', {}, stop.signal)) {
    seen.push(each.text)
    if (seen.length === 1) logs.append('f', line('new'))
    else stop.abort()
  }
  expect(seen).toEqual(['kept', 'new'])
})

test('a tail that waits ends when its signal aborts', async () => {
  const logs = new FunctionLogs()
  const stop = new AbortController()
  const next = logs.tail('f', {}, stop.signal)[Symbol.asyncIterator]().next()
  stop.abort()
  expect(await next).toMatchObject({ done: true })
})

test('a slow reader of a tail misses the oldest lines and sees it by their sequence', async () => {
  const logs = new FunctionLogs()
  const stop = new AbortController()
  const reader = logs.tail('f', {}, stop.signal)[Symbol.asyncIterator]()
  const first = reader.next()
  for (let count = 0; count < 2_000; count++) logs.append('f', line(''))
  expect((await first).value).toMatchObject({ sequence: 1_001 })
  stop.abort()
})

test('many lines through a ring keep the newest in order', () => {
  const logs = new FunctionLogs({ linesMax: 100, bytesMax: 1_000_000, totalBytesMax: 1_000_000 })
  for (let count = 0; count < 10_000; count++) logs.append('f', line(String(count)))
  expect(texts(logs, 'f')).toEqual(Array.from({ length: 100 }, (_, index) => String(9_900 + index)))
})
