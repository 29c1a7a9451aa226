import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, frameType, type InitializeHeader } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { runtime } from '../src/index.ts'

/**
 * An instance whose executable is a client of the runtime API in JavaScript: `body` is that of an `async` function with
 * `next()` → a response of `fetch`, and `post(requestId, verb, body, headers)` → a response.
 */
async function start(
  body: string,
  change: Partial<InitializeHeader> = {},
): Promise<AsyncDisposable & { host: RuntimeHost; answer: Awaited<ReturnType<RuntimeHost['initialize']>> }> {
  const [go1] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
  assert(go1 !== undefined, 'the runtime is always there')
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-go-')))
  const main = join(folder.path, 'main')
  const client = `#!${process.execPath}
const base = 'http://' + process.env.FC_RUNTIME_API + '/2020-11-11/runtime/invocation/'
const next = () => fetch(base + 'next')
const post = (requestId, verb, body, headers = {}) =>
  fetch(base + requestId + '/' + verb, { method: 'POST', body, headers })
const idOf = response => response.headers.get('x-fc-request-id')
async function main() {
${body}
}
main()
`
  await writeFile(main, client)
  await chmod(main, 0o755)
  const host = stack.use(await RuntimeHost.start(go1))
  const answer = await host.initialize({
    codePath: folder.path,
    handler: 'main',
    environment: {},
    requestId: 'request-0',
    context: { function: { name: 'f', memory: 256, timeout: 3 }, region: 'local', accountId: 'a' },
    ...change,
  })
  return { host, answer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const text = ({ payload }: { readonly payload: Uint8Array }): string => Buffer.from(payload).toString()

test('an executable is ready when it asks for the first time, and fails the start when it ends before', async () => {
  await using started = await start('process.exit(4)')
  expect(started.answer.header).toMatchObject({
    errorType: 'CAExited',
    errorMessage: expect.stringContaining('code 4'),
  })
  expect(await started.host.exited).toBe(1)
})

test('a request for the next thing is held open until there is one, with its headers', async () => {
  await using started = await start(`
    for (;;) {
      const asked = await next()
      await post(idOf(asked), 'response', JSON.stringify([Object.fromEntries(asked.headers), await asked.text()]))
    }`)
  const answer = await started.host.invoke('event', { deadlineMs: 1_900_000_000_000, retryCount: 1 })
  const [headers, event] = JSON.parse(text(answer)) as unknown[]
  expect(event).toBe('event')
  expect(headers).toMatchObject({
    'x-fc-request-id': 'request-1',
    'x-fc-function-type': '0',
    'x-fc-function-deadline': '1900000000000',
    'x-fc-function-timeout': '3',
    'x-fc-function-name': 'f',
    'x-fc-function-handler': 'main',
    'x-fc-function-memory': '256',
    'x-fc-region': 'local',
    'x-fc-account-id': 'a',
    'x-fc-retry-count': '1',
  })
})

test('an executable that asks for one thing at a time gets one at a time', async () => {
  await using started = await start(`
    for (;;) {
      const asked = await next()
      const event = await asked.text()
      await new Promise(resolve => setTimeout(resolve, 5))
      await post(idOf(asked), 'response', event)
    }`)
  const channels = ['a', 'b', 'c'].map(event => started.host.begin(event))
  for (const [index, event] of ['a', 'b', 'c'].entries()) {
    expect(text(await started.host.answer(channels[index] ?? 0))).toBe(event)
  }
})

test('invocations may be answered in any order', async () => {
  await using started = await start(`
    const first = await next()
    const second = await next()
    await post(idOf(second), 'response', '2')
    await post(idOf(first), 'error', JSON.stringify({ errorMessage: 'm', errorType: 'T' }))
    await next()`)
  const first = started.host.begin('')
  const second = started.host.begin('')
  expect(text(await started.host.answer(second))).toBe('2')
  expect(await started.host.answer(first)).toMatchObject({
    type: frameType.error,
    header: { errorType: 'T', errorMessage: 'm', stackTrace: [] },
  })
})

test('what answers nothing that runs is refused, and a request that was given up is forgotten', async () => {
  await using started = await start(`
    const cut = new AbortController()
    const given = fetch(base + 'next', { signal: cut.signal }).catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 20))
    cut.abort()
    await given
    console.log('given up')
    const wrong = await post('request-9', 'response', '')
    const asked = await next()
    await post(idOf(asked), 'response', String(wrong.status))
    const again = await post(idOf(asked), 'response', '')
    const other = await next()
    await post(idOf(other), 'response', String(again.status))
    await next()`)
  await started.host.outputWith('given up')
  expect(text(await started.host.invoke(''))).toBe('404')
  expect(text(await started.host.invoke(''))).toBe('404')
})

test('an initializer that fails ends the instance', async () => {
  await using started = await start(
    `
    const asked = await next()
    const type = asked.headers.get('x-fc-function-type')
    await post(idOf(asked), 'error', JSON.stringify({ errorMessage: 'type ' + type, errorType: 'string' }))
    await next()`,
    { initializer: 'initialize' },
  )
  expect(started.answer.header).toMatchObject({ kind: 'initialization', errorMessage: 'type 1' })
  expect(await started.host.exited).toBe(1)
})

test('a result above 32 MiB is refused', async () => {
  await using started = await start(`
    const asked = await next()
    await post(idOf(asked), 'response', Buffer.alloc(32 * 1024 * 1024 + 1))
    await next()`)
  expect(await started.host.invoke('')).toMatchObject({ header: { errorType: 'ResultTooLarge' } })
})

const http = {
  method: 'POST',
  path: '/a%20b',
  query: 'k=v&k=w',
  headers: { host: 'example.com', 'x-multi': ['1', '2'] },
  clientAddress: '10.0.0.9',
}

test('an HTTP request comes as a header, and so does the head of its answer', async () => {
  await using started = await start(`
    const asked = await next()
    const params = Buffer.from(asked.headers.get('x-fc-http-params'), 'base64').toString()
    const head = { status: 201, headersMap: { 'X-Seen': ['yes'], 'Set-Cookie': ['a', 'b'] } }
    const answer = Buffer.from(JSON.stringify(head)).toString('base64')
    await post(idOf(asked), 'response', params + await asked.text(), { 'x-fc-http-params': answer })
    await next()`)
  const channel = started.host.begin('!', { http })
  expect((await started.host.next(channel, frameType.head)).header).toEqual({
    statusCode: 201,
    headers: { 'x-seen': 'yes', 'set-cookie': ['a', 'b'] },
  })
  const body = text(await started.host.next(channel, frameType.data))
  expect(body.endsWith('!')).toBe(true)
  expect(JSON.parse(body.slice(0, -1))).toEqual({
    method: 'POST',
    path: '/a b',
    requestURI: '/a%20b?k=v&k=w',
    clientIP: '10.0.0.9',
    host: 'example.com',
    headersMap: { host: ['example.com'], 'x-multi': ['1', '2'] },
    queriesMap: { k: ['v', 'w'] },
  })
  expect(await started.host.next(channel, frameType.result)).toBeDefined()
})

test('the answer of an older SDK, head and body in one, is read as well', async () => {
  await using started = await start(`
    const asked = await next()
    const head = Buffer.from(JSON.stringify({ status: 404, headersMap: {} })).toString('base64')
    const body = Buffer.from('not here').toString('base64')
    await post(idOf(asked), 'response', JSON.stringify({ headers: { 'x-fc-http-params': head }, body, isBase64Encoded: true }))
    await next()`)
  const channel = started.host.begin('', { http })
  expect((await started.host.next(channel, frameType.head)).header).toMatchObject({ statusCode: 404 })
  expect(text(await started.host.next(channel, frameType.data))).toBe('not here')
})
