import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, type Frame, frameType, type InitializeHeader } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { installedPythons } from './installed.ts'

const installed = await installedPythons()

/** An instance that runs `index.handler` of the given text. */
async function start(
  text: string,
  change: Partial<InitializeHeader> = {},
): Promise<AsyncDisposable & { host: RuntimeHost; answer: Frame; codePath: string }> {
  const [newest] = installed
  assert(newest !== undefined, 'the tests are skipped where there is none')
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-python-')))
  await writeFile(join(folder.path, 'index.py'), text)
  const host = stack.use(await RuntimeHost.start(newest))
  const answer = await host.initialize({
    codePath: folder.path,
    handler: 'index.handler',
    environment: {},
    requestId: 'request-0',
    context: { function: { name: 'f' }, service: { versionId: '7', logStore: 's' } },
    ...change,
  })
  return { host, answer, codePath: folder.path, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function run(text: string, change: Partial<InitializeHeader> = {}): Promise<string> {
  await using instance = await start(text, change)
  const answer = await instance.host.invoke('event')
  expect(answer).toMatchObject({ type: frameType.result })
  return Buffer.from(answer.payload).toString()
}

/** A test that is left out, with its reason, where there is no Python. */
function pythonTest(behaviour: string, body: () => Promise<void>): void {
  test(behaviour, async context => {
    if (installed.length === 0) context.skip('needs python3: there is none from 3.8 on in the search path')
    await body()
  })
}

pythonTest('async handlers and initializers share one loop, and a cancelled one is stopped', async () => {
  const text = `
import asyncio
loops = []
async def initialize(context):
    loops.append(asyncio.get_running_loop())
async def handler(event, context):
    if event == b'wait':
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            return 'cancelled'
    await asyncio.sleep(0)
    return str(loops[0] is asyncio.get_running_loop())
`
  await using instance = await start(text, { initializer: 'index.initialize' })
  const waiting = instance.host.begin('wait')
  expect(String(await instance.host.invoke('').then(frame => frame.payload))).toBe('True')
  instance.host.send(frameType.cancel, waiting)
  expect(String((await instance.host.answer(waiting)).payload)).toBe('cancelled')
})

pythonTest('the stack has four parts for each place in the code, and none of the bootstrap', async () => {
  await using instance = await start("def handler(event, context):\n    raise KeyError('x')\n")
  const { header } = await instance.host.invoke('')
  expect(header).toMatchObject({
    errorType: 'KeyError',
    stackTrace: [[`File "${instance.codePath}/index.py"`, 'line 2', 'handler', "raise KeyError('x')"]],
  })
  await instance.host.outputWith('Traceback (most recent call last)')
})

pythonTest('a missing dependency is an import failure with its cause', async () => {
  await using instance = await start('import left_out\n')
  expect(instance.answer.header).toMatchObject({
    errorType: 'ImportModuleError',
    errorMessage: "Unable to import module 'index'",
    stackTrace: ["ModuleNotFoundError: No module named 'left_out'"],
  })
})

pythonTest('endless recursion and errors that cannot be read fail their invocation alone', async () => {
  const text = `
class Unreadable(Exception):
    def __str__(self):
        raise ValueError
def handler(event, context):
    if event == b'deep':
        return handler(event, context)
    if event == b'odd':
        raise Unreadable
    return {float('nan')} if event == b'set' else float('nan') if event == b'nan' else 'fine'
`
  await using instance = await start(text)
  const deep = await instance.host.invoke('deep')
  expect(deep.header['errorType']).toBe('RecursionError')
  expect(deep.header['stackTrace']).toHaveLength(64)
  expect((await instance.host.invoke('odd')).header['errorMessage']).toBe('the error cannot be read')
  expect((await instance.host.invoke('set')).header['errorType']).toBe('TypeError')
  expect((await instance.host.invoke('nan')).header['errorType']).toBe('ValueError')
  expect(await instance.host.invoke('')).toMatchObject({ type: frameType.result })
})

pythonTest('a result above 32 MiB is refused with its size', async () => {
  await using instance = await start('def handler(event, context):\n    return bytes(32 * 1024 * 1024 + 1)\n')
  const { header } = await instance.host.invoke('')
  expect(header['errorType']).toBe('ResultTooLarge')
  expect(header['errorMessage']).toContain('33554433')
})

pythonTest('output of threads and of a pool that outlives a request belongs to the right one', async () => {
  const text = `
import threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
def handler(event, context):
    name = event.decode()
    thread = threading.Thread(target=print, args=('thread ' + name,))
    thread.start()
    thread.join()
    pool.submit(print, 'pool ' + name).result()
`
  await using instance = await start(text)
  for (const name of ['a', 'b']) await instance.host.invoke(name)
  await instance.host.outputWith('pool b')
  const output = instance.host.output
  for (const [index, name] of ['a', 'b'].entries()) {
    expect(output).toContain(`\u001erequest-${index + 1} o\u001fthread ${name}`)
    expect(output).toContain(`\u001erequest-${index + 1} o\u001fpool ${name}`)
  }
})

pythonTest(
  'what was printed without a line feed before os._exit is not lost, nor what the code buffers itself',
  async () => {
    const text = `
import io, os, sys
def handler(event, context):
    if event == b'exit':
        print('cut off', end='')
        os._exit(7)
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer)
    print('buffered')
`
    await using instance = await start(text)
    await instance.host.invoke('')
    await instance.host.outputWith('\u001erequest-1 o\u001fbuffered')
    await using other = await start(text)
    other.host.begin('exit')
    expect(await other.host.exited).toBe(7)
    await other.host.outputWith('cut off')
  },
)

pythonTest('logging and the logger of the context write time, request and level', async () => {
  const text = `
import logging
logging.basicConfig(level=logging.DEBUG, format='other')
def handler(event, context):
    logging.getLogger('x').info('root %d', 1)
    logging.debug('low')
    context.logger.warning('own')
    context.getLogger().info('same')
`
  await using instance = await start(text)
  await instance.host.invoke('')
  await instance.host.outputWith('[INFO] same')
  const { output } = instance.host
  expect(output).toMatch(/request-1 o\x1f\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z request-1 \[INFO\] root 1\n/)
  expect(output).toMatch(/request-1 e\x1f\d{4}-\d\d-\d\d \d\d:\d\d:\d\d request-1 \[WARNING\] own\n/)
  expect(output).not.toContain('low')
})

pythonTest('a child that the code forks cannot answer in its place', async () => {
  const text = `
import os
def handler(event, context):
    child = os.fork()
    if child == 0:
        return 'child'
    return str(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
`
  expect(await run(text)).toBe('70')
})

pythonTest('the context is made anew for each call, and can be written as JSON', async () => {
  const text = `
def handler(event, context):
    before = context.function.name + context.function.version_id + context.log_store
    context.function.name = 'changed'
    return before + context.to_json()
`
  await using instance = await start(text)
  for (let count = 0; count < 2; count++) {
    const answer = String((await instance.host.invoke('')).payload)
    expect(answer.slice(0, 3)).toBe('f7s')
    expect(JSON.parse(answer.slice(3))).toMatchObject({ function: { name: 'f' }, retryCount: 0 })
  }
})

pythonTest('modules are looked for in PYTHONPATH, the time zone holds, and exit() is there', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-python-'))
  await writeFile(join(folder.path, 'extra.py'), 'value = 5\n')
  const text = `
import extra, time
def handler(event, context):
    return '%d %d %s' % (extra.value, time.localtime(0).tm_hour, callable(exit))
`
  expect(await run(text, { environment: { PYTHONPATH: folder.path, TZ: 'UTC-8' } })).toBe('5 8 True')
})

pythonTest('an asynchronous generator is answered in parts', async () => {
  const text = `
async def handler(event, context):
    yield 'a'
    yield {'b': 1}
`
  await using instance = await start(text)
  const channel = instance.host.begin('')
  await instance.host.next(channel, frameType.head)
  expect(String((await instance.host.next(channel, frameType.data)).payload)).toBe('a')
  expect(String((await instance.host.next(channel, frameType.data)).payload)).toBe('{"b":1}')
  expect(await instance.host.answer(channel)).toMatchObject({ type: frameType.result })
})
