import { expect, test } from 'vitest'
import { ProcessKeeper } from './process-keeper.ts'
import { startServer } from './server-process.ts'

const signal = new AbortController().signal
const program = (source: string) => ({ command: process.execPath, args: ['-e', source] })
const waiting = "console.log('listening on 1234'); setInterval(() => {}, 1000)"

test('a server is ready at its line, has memory, and is gone after disposal', async () => {
  using keeper = new ProcessKeeper()
  const server = await startServer(
    { ...program(waiting), ready: { line: /listening on (\d+)/ } },
    keeper,
    signal,
  )

  expect(server.readyMatch[1]).toBe('1234')
  expect(server.readyMs).toBeGreaterThan(0)
  expect(server.residentBytes()).toBeGreaterThan(1_000_000)
  expect(server.residentBytesMax()).toBeGreaterThanOrEqual(server.residentBytes())

  await server[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  expect(server.running).toBe(false)
})

test('a server is ready when its address answers 200', async () => {
  using keeper = new ProcessKeeper()
  const source = `
    let asked = 0
    require('node:http').createServer((_, response) => response.writeHead(++asked < 3 ? 503 : 200).end())
      .listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)) })`
  await using first = await startServer({ ...program(source), ready: { line: /(\d+)/ } }, keeper, signal)
  const url = `http://127.0.0.1:${first.readyMatch[1]}/`

  // The second process only waits; its readiness is judged by the address of the first.
  await using second = await startServer({ ...program(waiting), ready: { url } }, keeper, signal)

  expect(second.readyMatch).toEqual([])
})

test('a server that does not stop when asked is killed', async () => {
  using keeper = new ProcessKeeper()
  const stubborn = `process.on('SIGTERM', () => {}); ${waiting}`
  const server = await startServer({ ...program(stubborn), ready: { line: /listening/ } }, keeper, signal)

  await server.stop(20)

  expect(server.running).toBe(false)
})

test('a server that ends before it is ready is reported with its output', async () => {
  using keeper = new ProcessKeeper()
  const broken = program("console.error('no room'); process.exit(3)")

  const starting = startServer({ ...broken, ready: { line: /never/ } }, keeper, signal)

  await expect(starting).rejects.toThrow(/ended with 3[^]*no room/)
})
