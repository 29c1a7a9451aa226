import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, frameType, type InitializeHeader } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { runtime } from '../src/index.ts'

/** An instance that runs the handler of the given files. */
async function start(
  files: Record<string, string>,
  change: Partial<InitializeHeader> = {},
): Promise<AsyncDisposable & { host: RuntimeHost; answer: Awaited<ReturnType<RuntimeHost['initialize']>> }> {
  const [newest] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
  assert(newest !== undefined, 'the Node.js that runs this is installed')
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-nodejs-')))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text)
  const host = stack.use(await RuntimeHost.start(newest))
  const answer = await host.initialize({
    codePath: folder.path,
    handler: 'index.handler',
    environment: {},
    requestId: 'request-0',
    context: {},
    ...change,
  })
  return { host, answer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** What the code makes of an event, as text; throws when it fails. */
async function run(files: Record<string, string>, change: Partial<InitializeHeader> = {}): Promise<string> {
  await using instance = await start(files, change)
  expect(instance.answer).toMatchObject({ type: frameType.initialized })
  const answer = await instance.host.invoke('event')
  expect(answer).toMatchObject({ type: frameType.result })
  return Buffer.from(answer.payload).toString()
}

describe('modules', () => {
  test('CommonJS', async () => {
    const text = 'const { format } = require("node:util"); exports.handler = async () => format("%s", "cjs")'
    expect(await run({ 'index.js': text })).toBe('cjs')
  })

  test('CommonJS by its extension, with a module beside it', async () => {
    const files = {
      'index.cjs': 'exports.handler = async () => require("./other.cjs")',
      'other.cjs': 'module.exports = "other"',
    }
    expect(await run(files)).toBe('other')
  })

  test('an ES module that waits while it is loaded', async () => {
    const text = 'const value = await Promise.resolve("awaited"); export const handler = async () => value'
    expect(await run({ 'index.mjs': text })).toBe('awaited')
    expect(await run({ 'index.js': text, 'package.json': '{"type":"module"}' })).toBe('awaited')
  })

  test('an ES module whose default export holds the handler', async () => {
    expect(await run({ 'index.mjs': 'export default { handler: async () => "default" }' })).toBe('default')
  })

  test('TypeScript without a build', async () => {
    const text =
      'export async function handler(event: Buffer): Promise<string> { return event.toString() + "!" }'
    expect(await run({ 'index.ts': text })).toBe('event!')
    expect(await run({ 'index.mts': text })).toBe('event!')
  })

  test('a module with a syntax that has to be built says so', async () => {
    await using instance = await start({
      'index.ts': 'export enum A { B }; export const handler = () => A.B',
    })
    expect(instance.answer).toMatchObject({ type: frameType.error, header: { kind: 'unhandled' } })
    expect(instance.answer.header['errorMessage']).toContain('enum')
  })

  test('a missing dependency of the code is told by name', async () => {
    await using instance = await start({ 'index.js': 'require("left-out"); exports.handler = () => {}' })
    expect(instance.answer.header['errorMessage']).toContain("Cannot find module 'left-out'")
  })

  test('a handler outside the code folder is not loaded', async () => {
    await using instance = await start({ 'index.js': '' }, { handler: '../index.handler' })
    expect(instance.answer).toMatchObject({ header: { errorType: 'ImportModuleError' } })
  })
})

describe('styles of handlers', () => {
  test('the callback answers, now or later, and an open timer does not keep the answer', async () => {
    const now = 'exports.handler = (event, context, callback) => callback(null, "now")'
    const later = `exports.handler = (event, context, callback) => {
      setTimeout(() => callback(undefined, "later"), 1)
      setInterval(() => {}, 1000)
    }`
    expect(await run({ 'index.js': now })).toBe('now')
    expect(await run({ 'index.js': later })).toBe('later')
  })

  test('a plain return value answers', async () => {
    expect(await run({ 'index.js': 'exports.handler = () => 42' })).toBe('42')
  })

  test('a function without the callback that returns nothing answers nothing', async () => {
    expect(await run({ 'index.js': 'exports.handler = () => {}' })).toBe('')
  })

  test('the first of two calls of the callback counts', async () => {
    const text =
      'exports.handler = (e, c, callback) => { callback(null, 1); callback(null, 2); callback("x") }'
    expect(await run({ 'index.js': text })).toBe('1')
  })

  test('a callback that gets something else than an error makes text of it', async () => {
    await using instance = await start({ 'index.js': 'exports.handler = (e, c, callback) => callback("no")' })
    expect(await instance.host.invoke('')).toMatchObject({
      header: { kind: 'handled', errorType: 'string', errorMessage: 'no', stackTrace: [] },
    })
  })

  test('an initializer with a callback is waited for', async () => {
    const text = `let ready = false
      exports.initialize = (context, callback) => setTimeout(() => { ready = context.requestId; callback() }, 1)
      exports.handler = async () => ready`
    expect(await run({ 'index.js': text }, { initializer: 'index.initialize' })).toBe('request-0')
  })
})

describe('results', () => {
  test('null is JSON, views of bytes are bytes', async () => {
    expect(await run({ 'index.js': 'exports.handler = () => null' })).toBe('null')
    expect(await run({ 'index.js': 'exports.handler = () => new Uint8Array([111, 107])' })).toBe('ok')
  })

  test('a result that is no JSON fails the invocation alone', async () => {
    const text = 'exports.handler = async event => event.length === 0 ? { a: 1n } : "fine"'
    await using instance = await start({ 'index.js': text })
    expect(await instance.host.invoke('')).toMatchObject({ header: { errorType: 'TypeError' } })
    expect(await instance.host.invoke('x')).toMatchObject({ type: frameType.result })
  })

  test('a result above 32 MiB is refused with its size', async () => {
    await using instance = await start({
      'index.js': 'exports.handler = () => Buffer.alloc(32 * 1024 * 1024 + 1)',
    })
    const answer = await instance.host.invoke('')
    expect(answer).toMatchObject({ header: { errorType: 'ResultTooLarge' } })
    expect(answer.header['errorMessage']).toContain('33554433')
  })
})

describe('errors', () => {
  test('an error that cannot be read is told all the same', async () => {
    const text =
      'exports.handler = () => { throw new Error("x", {}) && Object.defineProperty(new Error(), "message", { get() { throw 1 } }) }'
    await using instance = await start({ 'index.js': text })
    expect(await instance.host.invoke('')).toMatchObject({
      header: { errorMessage: 'the error cannot be read' },
    })
  })

  test('an endless message is cut', async () => {
    await using instance = await start({
      'index.js': 'exports.handler = () => { throw new Error("x".repeat(1e7)) }',
    })
    const answer = await instance.host.invoke('')
    expect(String(answer.header['errorMessage'])).toHaveLength(16_384)
  })

  test('the stack of built code shows the place in its source', async () => {
    // Line 2 of what was built, from its beginning on, is line 8 of the source.
    const map = { version: 3, sources: ['source.ts'], names: [], mappings: ';AAOA' }
    const encoded = Buffer.from(JSON.stringify(map)).toString('base64')
    const text = [
      'exports.handler = async () => {',
      'throw new Error("built") }',
      `//# sourceMappingURL=data:application/json;base64,${encoded}`,
    ].join('\n')
    await using instance = await start({ 'index.js': text })
    const { header } = await instance.host.invoke('')
    expect(header['stackTrace']).toEqual(['Error: built', expect.stringMatching(/source\.ts:8:1\)$/)])
  })

  test('the stack shows the code and not the bootstrap', async () => {
    await using instance = await start({ 'index.js': 'exports.handler = () => { throw new Error("x") }' })
    const { header } = await instance.host.invoke('')
    expect(header['stackTrace']).toEqual([
      'Error: x',
      expect.stringMatching(/^ {4}at exports\.handler \(\/.*\/index\.js:1:\d+\)$/),
    ])
  })
})

describe('log lines', () => {
  test('code that ends or destroys its standard output can still write', async () => {
    const text = `exports.handler = async () => {
      process.stdout.end('first\\n'); process.stdout.destroy(); console.log('second'); process.stdout.write('third\\n')
    }`
    await using instance = await start({ 'index.js': text })
    await instance.host.invoke('')
    for (const line of ['first', 'second', 'third']) await instance.host.outputWith(line)
  })

  test('console and the logger write time, request and level', async () => {
    const text = `exports.handler = (event, context, callback) => {
      console.log('a %d', 1); console.warn('b'); context.logger.error('c'); callback()
    }`
    await using instance = await start({ 'index.js': text })
    await instance.host.invoke('')
    await instance.host.outputWith('[error] c')
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`
    expect(instance.host.output).toMatch(new RegExp(`${time} request-1 \\[info\\] a 1\\n`))
    expect(instance.host.output).toMatch(new RegExp(`${time} request-1 \\[warn\\] b\\n`))
  })

  test('the level of the environment holds back console lines, not plain output', async () => {
    const text = `exports.handler = async () => {
      console.debug('low'); console.info('middle'); console.error('high'); process.stdout.write('plain\\n')
    }`
    await using instance = await start({ 'index.js': text }, { environment: { ALIYUN_FC_LOG_LEVEL: 'warn' } })
    await instance.host.invoke('')
    await instance.host.outputWith('plain')
    expect(instance.host.output).toContain('high')
    expect(instance.host.output).not.toContain('low')
    expect(instance.host.output).not.toContain('middle')
  })

  test('the time zone of the environment holds', async () => {
    const text = 'exports.handler = () => new Date(Date.UTC(2026, 0, 1)).getHours()'
    expect(await run({ 'index.js': text }, { environment: { TZ: 'Asia/Shanghai' } })).toBe('8')
  })
})

test('what code does to its context does not reach the next invocation', async () => {
  const text = `exports.handler = async (event, context) => {
    const before = context.function.name
    context.function.name = 'changed'
    return before
  }`
  await using instance = await start({ 'index.js': text }, { context: { function: { name: 'f' } } })
  for (let count = 0; count < 2; count++) {
    expect(String((await instance.host.invoke('')).payload)).toBe('f')
  }
})

test('a program that the code starts gets the environment of the code, not of the bootstrap', async () => {
  const text = `const { execFileSync } = require('node:child_process')
    exports.handler = () => execFileSync('/usr/bin/env').toString()`
  const printed = await run({ 'index.js': text }, { environment: { ONLY: 'this' } })
  expect(printed).toBe('ONLY=this\n')
})

test('an imported module is found in the layers', async () => {
  await using layers = await mkdtempDisposable(join(tmpdir(), 'millrace-layers-'))
  const modules = join(layers.path, 'nodejs', 'node_modules')
  await mkdir(join(modules, 'shared'), { recursive: true })
  await writeFile(join(modules, 'shared', 'index.js'), 'exports.from = "layer"\n')
  const text = 'import { from } from "shared"; export const handler = async () => from'
  expect(await run({ 'index.mjs': text }, { layersPath: layers.path })).toBe('layer')
})

test('an answer to an HTTP request whose body is a stream has its status and headers before its parts', async () => {
  const text = `const { Readable } = require('node:stream')
    exports.handler = async () => ({ statusCode: 418, headers: { 'x-a': 'b' }, body: Readable.from(['tea', 'pot']) })`
  await using instance = await start({ 'index.js': text })
  const channel = instance.host.begin('')
  const head = await instance.host.next(channel, frameType.head, frameType.error)
  expect(head.header).toMatchObject({ statusCode: 418, headers: { 'x-a': 'b' } })
  expect(String((await instance.host.next(channel, frameType.data)).payload)).toBe('tea')
  expect(String((await instance.host.next(channel, frameType.data)).payload)).toBe('pot')
  expect(await instance.host.answer(channel)).toMatchObject({ type: frameType.result })
})

test('a hook that the code does not have fails the initialization', async () => {
  const text = 'exports.handler = async () => {}'
  await using instance = await start({ 'index.js': text }, { preStop: 'index.absent' })
  expect(instance.answer).toMatchObject({ type: frameType.error, header: { errorType: 'HandlerNotFound' } })
})
