import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert, type Frame, frameType, type InitializeHeader } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { beforeAll, describe, expect, test } from 'vitest'
import { runtime } from '../src/index.ts'
import { buildGo, go, namedExecutables } from '../../../tools/go/index.ts'

interface Started extends AsyncDisposable {
  readonly host: RuntimeHost
  readonly answer: Frame
}

const text = ({ payload }: Frame): string => Buffer.from(payload).toString()

/** An instance that runs the function of this name in `fixtures/shapes`. */
async function start(handler: string, change: Partial<InitializeHeader> = {}): Promise<Started> {
  const [go1] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
  assert(go1 !== undefined, 'the runtime is always there')
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-go-')))
  const executable = await buildGo(shapes)
  await namedExecutables(folder.path, executable, [handler])
  const host = stack.use(await RuntimeHost.start(go1))
  const answer = await host.initialize({
    codePath: folder.path,
    handler,
    environment: {},
    requestId: 'request-0',
    context: { function: { name: 'f', memory: 256, timeout: 3 } },
    ...change,
  })
  return { host, answer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const shapes = fileURLToPath(new URL('fixtures/shapes', import.meta.url))
/** A first build on a machine compiles the standard library as well. */
const buildTimeoutMs = 300_000

describe.skipIf(go === undefined)('Go code (needs go: the functions are built)', () => {
  beforeAll(() => buildGo(shapes), buildTimeoutMs)

  const order = '{"id":"a1","price":21}'

  test.each([
    ['nothing', '', 'null', 'called'],
    ['typed', order, 'null', 'order a1'],
    ['result', '', '{"id":"a","price":3}', ''],
    ['typed-result', order, '42', ''],
    ['bytes-result', '\u0000\u0001', '2', ''],
    ['context', '', 'null', 'in request-1'],
    ['context-typed', order, 'null', 'a1 in request-1'],
    ['context-result', '', '"request-1"', ''],
    ['all', order, '"a1 in request-1"', ''],
    ['logger', '', 'null', 'by the logger'],
  ])('the shape %s', async (shape, event, result, output) => {
    await using started = await start(shape)
    const answer = await started.host.invoke(event)
    expect(answer, JSON.stringify(answer.header)).toMatchObject({
      type: frameType.result,
      header: { contentType: 'application/json' },
    })
    expect(text(answer)).toBe(result)
    await started.host.outputWith(output)
  })

  test.each([
    ['failure', '', 'errorString', 'refused'],
    ['own-error', '', 'shortageError', 'there is no paper'],
    ['typed', 'no JSON', 'SyntaxError', 'invalid character'],
  ])('an error of %s is told by its type', async (shape, event, errorType, errorMessage) => {
    await using started = await start(shape)
    const failed = { kind: 'unhandled', errorType, errorMessage: expect.stringContaining(errorMessage) }
    expect(await started.host.invoke(event)).toMatchObject({ type: frameType.error, header: failed })
    expect(await started.host.invoke(event)).toMatchObject({ type: frameType.error, header: failed })
  })

  test('a panic of a handler is told with its place', async () => {
    await using started = await start('panic')
    const { header } = await started.host.invoke('')
    expect(header).toMatchObject({ kind: 'unhandled', errorMessage: 'out of cheese', errorType: 'string' })
    expect(header['stackTrace']).toContainEqual({
      path: expect.stringContaining('main.go'),
      line: expect.any(Number),
      label: expect.any(String),
    })
  })

  test('a panic elsewhere ends the process, which is in the log', async () => {
    await using started = await start('panic-in-the-back')
    started.host.begin('')
    expect(await started.host.exited).toBe(2)
    await started.host.outputWith('panic: nobody sees it')
  })

  test('the hooks run when they are asked for', async () => {
    const change = {
      initializer: 'initialize',
      preStop: 'stop',
      preFreeze: 'freeze',
      environment: { HOOKS: '1' },
    }
    await using started = await start('state', change)
    expect(started.answer).toMatchObject({ type: frameType.initialized })
    expect(text(await started.host.invoke(''))).toBe('"initialized in request-0"')
    started.host.send(frameType.freeze, 0)
    expect((await started.host.next(0, frameType.frozen)).header['error']).toBeUndefined()
    expect(text(await started.host.invoke(''))).toBe('"frozen once"')
    started.host.send(frameType.drain, 0)
    expect(await started.host.exited).toBe(0)
    await started.host.outputWith('stopping frozen once')
  })

  test('a function without hooks is asked for none', async () => {
    await using started = await start('state')
    started.host.send(frameType.freeze, 0)
    expect((await started.host.next(0, frameType.frozen)).header['error']).toBeUndefined()
    started.host.send(frameType.drain, 0)
    expect(await started.host.exited).toBe(0)
    expect(started.host.output).toBe('')
  })

  test('the lines that the SDK prints around each invocation are not repeated', async () => {
    await using started = await start('nothing')
    await started.host.invoke('')
    await started.host.outputWith('called')
    started.host.send(frameType.drain, 0)
    await started.host.exited
    expect(started.host.output).not.toContain('RequestId')
  })
})
