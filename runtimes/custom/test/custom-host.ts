import { assert, type Frame, frameType, type HttpRequestHead, type InitializeHeader } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { runtime } from '../src/index.ts'
import { codeFolder } from './code-folder.ts'

/** An instance, and what its `initialize` was answered with. */
export interface Started extends AsyncDisposable {
  readonly host: RuntimeHost
  readonly answer: Frame
  readonly codePath: string
}

/** Starts an instance with the code in a folder. */
export async function startFolder(
  codePath: string,
  change: Partial<InitializeHeader> = {},
): Promise<Started> {
  const [custom] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
  assert(custom !== undefined, 'the runtime is always there')
  const host = await RuntimeHost.start(custom)
  const answer = await host.initialize({
    codePath,
    handler: 'index.handler',
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    requestId: 'request-0',
    context: { function: { name: 'f', memory: 256, timeout: 3, initializationTimeout: 10 } },
    ...change,
  })
  return { host, answer, codePath, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }
}

/** Starts an instance whose code is these files. */
export async function startFiles(
  files: Readonly<Record<string, string>>,
  change: Partial<InitializeHeader> = {},
): Promise<Started> {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await codeFolder(files))
  const started = stack.use(await startFolder(folder.path, change))
  return { ...started, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/**
 * Starts an instance whose code is a server for Node.js. `body` is that of a function `(request, response, body)`, which
 * may use `state`, an object that lasts; it runs after the request's body has come.
 */
export async function startServer(body: string, change: Partial<InitializeHeader> = {}): Promise<Started> {
  const text = `#!${process.execPath}
const http = require('node:http')
const state = {}
const server = http.createServer((request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
})
function answer(request, response, body) {
${body}
}
server.listen(process.env.FC_CUSTOM_LISTEN_PORT)
`
  const started = await startFiles({ bootstrap: text }, change)
  return started
}

/** Like `startServer`, for a server that must have started. */
export async function startedServer(body: string, change: Partial<InitializeHeader> = {}): Promise<Started> {
  const started = await startServer(body, change)
  expect(started.answer, started.host.output).toMatchObject({ type: frameType.initialized })
  return started
}

/** The head of an HTTP request for `InvokeHeader.http`. */
export function request(
  method: string,
  path: string,
  change: Partial<HttpRequestHead> = {},
): HttpRequestHead {
  return { method, path, query: '', headers: {}, clientAddress: '127.0.0.1', ...change }
}

/** The answer to an HTTP request that comes in parts: its head, and all its bytes as text. Gives room as it reads. */
export async function partsOf(
  host: RuntimeHost,
  channel: number,
): Promise<{ head: Frame; body: string; end: Frame }> {
  const { head: headType, data, result, error, credit } = frameType
  let head: Frame | undefined
  const chunks: Uint8Array[] = []
  for (;;) {
    const frame = await host.next(channel, headType, data, result, error)
    if (frame.type === headType) head = frame
    else if (frame.type === data) {
      chunks.push(frame.payload)
      host.send(credit, channel, { bytes: frame.payload.length })
    } else {
      assert(head !== undefined, `an answer begins with its head: ${JSON.stringify(frame.header)}`)
      return { head, body: Buffer.concat(chunks).toString(), end: frame }
    }
  }
}
