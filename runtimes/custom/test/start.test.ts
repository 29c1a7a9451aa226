import { createServer } from 'node:net'
import { join } from 'node:path'
import { assert, frameType } from '@millrace/spi'
import { expect, test } from 'vitest'
import { startedServer, startFiles, startServer } from './custom-host.ts'

test('without a bootstrap the failure names the file, and the instance ends', async () => {
  await using started = await startFiles({})
  expect(started.answer).toMatchObject({
    type: frameType.error,
    channel: 0,
    header: {
      kind: 'unhandled',
      errorType: 'CAFileNotFound',
      errorMessage: `The function cannot be started. Failed to start function instance. Error: the file ${started.codePath}/bootstrap is not exist`,
    },
  })
  expect(await started.host.exited).toBe(1)
})

test('a bootstrap that is not executable is told as such', async () => {
  await using started = await startFiles(
    { start: '#!/bin/sh\n' },
    { server: { command: ['./start'], port: 9_000 } },
  )
  expect(started.answer.header).toMatchObject({ errorType: 'CAFilePermission' })
  expect(started.answer.header['errorMessage']).toContain(join(started.codePath, 'start'))
})

test('a program that ends before it listens is told with its code, its command and its output', async () => {
  await using started = await startFiles({ bootstrap: '#!/bin/sh\necho no settings\nexit 2\n' })
  expect(started.answer.header).toMatchObject({
    errorType: 'CAExited',
    errorMessage: `Function instance exited unexpectedly(code 2, message:no such file or directory) with start command '${started.codePath}/bootstrap '.\nLogs:no settings\n`,
  })
})

test('an exit code that is no number of an error has no text', async () => {
  await using started = await startFiles({ bootstrap: '#!/bin/sh\nexit 145\n' })
  expect(started.answer.header['errorMessage']).toContain('unexpectedly(code 145) with')
})

test('a command of the search path gets its arguments', async () => {
  await using started = await startFiles(
    {},
    { server: { command: ['sh', '-c', 'echo "$0 $1"; exit 1', 'one', 'two'], port: 9_000 } },
  )
  expect(started.answer.header['errorMessage']).toContain("start command 'sh -c ")
  expect(started.answer.header['errorMessage']).toContain('Logs:one two')
})

test('the configured port is the one where the code is to listen', async () => {
  await using started = await startedServer('response.end(process.env.FC_SERVER_PORT)', {
    server: { command: [], port: 19_321 },
  })
  expect(String((await started.host.invoke('')).payload)).toBe('19321')
})

test('two instances on one port get a port each', async () => {
  const change = { server: { command: [], port: 19_322 } }
  const body = 'response.end(process.env.FC_CUSTOM_LISTEN_PORT)'
  await using first = await startedServer(body, change)
  await using second = await startedServer(body, change)
  const ports = await Promise.all([first, second].map(({ host }) => host.invoke('')))
  expect(String(ports[0]?.payload)).toBe('19322')
  expect(String(ports[1]?.payload)).not.toBe('19322')
})

test('instances that start at the same moment on one port get different ports', async () => {
  const change = { server: { command: [], port: 19_323 } }
  const body = 'response.end(process.env.FC_CUSTOM_LISTEN_PORT)'
  const all = await Promise.all(Array.from({ length: 4 }, () => startedServer(body, change)))
  const ports = await Promise.all(all.map(({ host }) => host.invoke('')))
  expect(new Set(ports.map(({ payload }) => String(payload))).size).toBe(4)
  await Promise.all(all.map(started => started[Symbol.asyncDispose]()))
})

test('a port that a stranger holds is not used', async () => {
  await using stranger = createServer()
  await new Promise<void>(resolve => stranger.listen(0, '0.0.0.0', resolve))
  const address = stranger.address()
  assert(address !== null && typeof address === 'object', 'a TCP server has a port')
  const { port } = address
  await using started = await startedServer('response.end(process.env.FC_SERVER_PORT)', {
    server: { command: [], port },
  })
  expect(String((await started.host.invoke('')).payload)).not.toBe(String(port))
})

test('the initializer is asked by POST /initialize before the first event', async () => {
  await using started = await startedServer(
    `if (request.url === '/initialize') {
      state.seen = [request.method, request.headers['x-fc-control-path'], request.headers['x-fc-request-id']].join(' ')
      response.end()
    } else response.end(state.seen)`,
    { initializer: 'initialize' },
  )
  expect(String((await started.host.invoke('')).payload)).toBe('POST /initialize request-0')
})

test('without an initializer nobody asks for /initialize', async () => {
  await using started = await startedServer(
    `state.seen = (state.seen ?? '') + request.url; response.end(state.seen)`,
  )
  expect(String((await started.host.invoke('')).payload)).toBe('/invoke')
})

test.each([404, 500])('an initializer that is answered with %d fails the start', async status => {
  await using started = await startServer(`response.statusCode = ${status}; response.end('not today')`, {
    initializer: 'initialize',
  })
  expect(started.answer.header).toMatchObject({ kind: 'initialization', errorMessage: 'not today' })
  expect(await started.host.exited).toBe(1)
})

test('an initializer that takes too long fails the start', async () => {
  await using started = await startServer('', {
    initializer: 'initialize',
    context: { function: { initializationTimeout: 0.05 } },
  })
  expect(started.answer.header).toMatchObject({
    kind: 'initialization',
    errorMessage: 'Function initialization timed out after 0.05 seconds',
  })
})

test('a program that ends while it initializes fails the start', async () => {
  await using started = await startServer('process.exit(7)', { initializer: 'initialize' })
  expect(started.answer.header).toMatchObject({
    errorType: expect.stringMatching(/CAExited|ConnectionBroken/),
  })
  expect(await started.host.exited).toBe(1)
})

test('the first health check decides whether the instance starts', async () => {
  await using started = await startServer('response.statusCode = 500; response.end()', {
    server: { command: [], port: 9_000, healthCheck: { path: '/health' } },
  })
  expect(started.answer.header).toMatchObject({
    errorType: 'FunctionNotStarted',
    errorMessage:
      'The function http server cannot be started. check function health failed with status code: 500 ',
  })
})
