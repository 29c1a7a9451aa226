import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { assert, type Frame, frameType, type InitializeHeader, type LaunchLimits } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { runtime } from '../src/index.ts'
import { RecordedEngine } from './recorded-engine.ts'

const server = fileURLToPath(new URL('../../custom/test/fixtures/server.mjs', import.meta.url))
const images = { fixtures: [process.execPath, server] }

interface Started extends AsyncDisposable {
  readonly host: RuntimeHost
  readonly answer: Frame
}

/** An instance of an image, and what its `initialize` was answered with. */
async function start(
  engine: RecordedEngine,
  limits: Partial<LaunchLimits> = {},
  change: Partial<InitializeHeader> = {},
): Promise<Started> {
  const host = { searchPath: '', containerSocketPath: engine.socketPath }
  const [found] = await runtime.detect(host, new AbortController().signal)
  assert(found !== undefined, 'the engine answers')
  const launch = () => found.launch({ memoryMiB: 256, image: 'fixtures', ...limits })
  const instance = await RuntimeHost.start({ ...found, launch })
  const answer = await instance.initialize({
    codePath: tmpdir(),
    handler: 'echo',
    environment: {},
    requestId: 'request-0',
    context: {},
    ...change,
  })
  return { host: instance, answer, [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose]() }
}

const text = ({ payload }: Frame): string => Buffer.from(payload).toString()

test('without an engine there is no such runtime', async () => {
  const host = { searchPath: '', containerSocketPath: '/nowhere/engine.sock' }
  expect(await runtime.detect(host, new AbortController().signal)).toEqual([])
})

test('the version is that of the engine, and an instance waits for no function', async () => {
  await using engine = await RecordedEngine.start(images)
  const host = { searchPath: '', containerSocketPath: engine.socketPath }
  const found = await runtime.detect(host, new AbortController().signal)
  expect(found).toMatchObject([
    { name: 'custom-container', version: '24.0.7', takesHttp: true, canWait: false },
  ])
  expect(found[0]?.launch({ memoryMiB: 128, image: 'x' }).runsCodeElsewhere).toBe(true)
})

test('a container has the limits of the function, and its port on the loopback only', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine, { memoryMiB: 512, cpu: 0.5 })
  expect(started.answer).toMatchObject({ type: frameType.initialized })
  expect(engine.container.creation).toMatchObject({
    Image: 'fixtures',
    HostConfig: {
      Memory: 536_870_912,
      MemorySwap: 536_870_912,
      NanoCpus: 500_000_000,
      PidsLimit: 1_024,
      SecurityOpt: ['no-new-privileges'],
      PortBindings: { '9000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  })
  expect(text(await started.host.invoke('hello'))).toBe('hello')
})

test('an image keeps its own program, search path and home, unless the function says otherwise', async () => {
  await using engine = await RecordedEngine.start(images)
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/run/x', TMPDIR: '/run/x', MODE: 'prod' }
  await using started = await start(engine, {}, { handler: 'environment', environment })
  expect(engine.container.creation).not.toHaveProperty('Entrypoint')
  expect(engine.container.creation).not.toHaveProperty('Cmd')
  expect(JSON.parse(text(await started.host.invoke('')))).toEqual({ PATH: '/image/bin', MODE: 'prod' })
})

test('a command takes the place of the program of the image, arguments alone that of its arguments', async () => {
  await using engine = await RecordedEngine.start({ node: [process.execPath], ...images })
  const command = { server: { command: [server], programLength: 0, port: 9_000 } }
  await using withArguments = await start(engine, { image: 'node' }, command)
  expect(engine.container.creation).toMatchObject({ Cmd: [server] })
  expect(text(await withArguments.host.invoke('a'))).toBe('a')
  await using other = await RecordedEngine.start({ nothing: ['false'] })
  const program = { server: { command: [process.execPath, server], programLength: 1, port: 8_080 } }
  await using withProgram = await start(other, { image: 'nothing' }, program)
  expect(other.container.creation).toMatchObject({ Entrypoint: [process.execPath], Cmd: [server] })
  expect(text(await withProgram.host.invoke('b'))).toBe('b')
})

test('an image that is not there is fetched', async () => {
  await using engine = await RecordedEngine.start({}, { 'example.com/fixtures:1': images.fixtures })
  await using started = await start(engine, { image: 'example.com/fixtures:1' })
  expect(started.answer).toMatchObject({ type: frameType.initialized })
  expect(engine.requests).toContain('POST /images/create')
})

test('an image that cannot be had fails the start with the reason of the engine', async () => {
  await using engine = await RecordedEngine.start({})
  await using started = await start(engine, { image: 'absent' })
  expect(started.answer.header).toMatchObject({
    kind: 'unhandled',
    errorType: 'FunctionNotStarted',
    errorMessage: expect.stringContaining('the image absent cannot be had: pull access denied for absent'),
  })
  expect(await started.host.exited).toBe(1)
})

test('a function without an image is told so', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine, { image: undefined as unknown as string })
  expect(started.answer.header['errorMessage']).toContain('server.image')
})

test('a container that ends before it listens is told with its code and its output, and removed', async () => {
  await using engine = await RecordedEngine.start({ broken: ['/bin/sh', '-c', 'echo no settings; exit 3'] })
  await using started = await start(engine, { image: 'broken' })
  expect(started.answer.header).toMatchObject({
    errorType: 'CAExited',
    errorMessage: "Function instance exited unexpectedly(code 3) with image 'broken'.\nLogs:no settings\n",
  })
  expect(await started.host.exited).toBe(1)
  expect(engine.containers.size).toBe(0)
})

test('a container that ends takes its instance with it, by its exit code', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine, {}, { handler: 'exit' })
  started.host.begin('')
  expect(await started.host.exited).toBe(3)
})

test('output comes from both streams', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine, {}, { handler: 'log' })
  await started.host.invoke('x')
  for (const line of ['out x', 'err x', 'more x']) await started.host.outputWith(line)
})

test('a frozen container stands still until the next frame', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine)
  started.host.send(frameType.freeze, 0)
  await started.host.next(0, frameType.frozen)
  expect(engine.container.state).toBe('paused')
  expect(text(await started.host.invoke('awake'))).toBe('awake')
  expect(engine.container.state).toBe('running')
})

test('a drained instance stops its container and removes it', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine)
  started.host.send(frameType.drain, 0)
  expect(await started.host.exited).toBe(0)
  expect(engine.containers.size).toBe(0)
  expect(engine.requests.some(request => request.endsWith('/stop'))).toBe(true)
})

test('an instance whose server is gone removes its container', async () => {
  await using engine = await RecordedEngine.start(images)
  await using started = await start(engine)
  started.host.disconnect()
  await started.host.exited
  expect(engine.containers.size).toBe(0)
})

test('a start removes the containers of instances that were killed, and no others', async () => {
  await using engine = await RecordedEngine.start(images)
  const killed = await start(engine)
  await killed[Symbol.asyncDispose]()
  expect(engine.containers.size).toBe(1)
  const left = engine.container.id
  const { Labels } = engine.container.creation
  const elsewhere = await engine.add('fixtures', { ...Labels, 'io.millrace.place': 'pid:[1]' })
  const earlier = await engine.add('fixtures', { ...Labels, 'io.millrace.boot': 'another boot' })
  const foreign = await engine.add('fixtures', {})
  await using living = await start(engine)
  await using other = await start(engine)
  expect([...engine.containers.keys()]).not.toContain(left)
  expect([...engine.containers.keys()]).not.toContain(earlier)
  expect([...engine.containers.keys()]).toEqual(expect.arrayContaining([elsewhere, foreign]))
  for (const { host } of [living, other]) expect(text(await host.invoke('here'))).toBe('here')
})
