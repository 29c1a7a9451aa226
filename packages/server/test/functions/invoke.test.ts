import { describe, expect, test } from 'vitest'
import { payloadBytesMax } from '../../src/functions/index.ts'
import { account, FunctionsBench, isAlive, until } from './bench.ts'

const echo = 'exports.handler = async event => event'
/** Waits until it is told to stop; the second kind does not listen. */
const waits = `exports.handler = (event, context) => {
  console.log('begun ' + event)
  return new Promise(resolve => context.signal.addEventListener('abort', () => resolve('stopped')))
}`
const stubborn = `exports.handler = event => { console.log('begun ' + event); return new Promise(() => {}) }`

describe('an invocation', () => {
  test('starts an instance, and the next one reuses it', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('echo', echo)
    const cold = await bench.invoke('echo', 'one')
    const warm = await bench.invoke('echo', 'two')
    expect(cold).toMatchObject({ status: 'ok', metering: { coldStart: true, memoryMiB: 128 } })
    expect(warm).toMatchObject({ status: 'ok', metering: { coldStart: false } })
    expect(warm.metering.instanceId).toBe(cold.metering.instanceId)
    expect(cold.metering.durationMs).toBeGreaterThan(0)
    expect(cold.metering.memoryKiBMax).toBeGreaterThan(1_000)
    expect(warm.requestId).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
    expect(warm.requestId).not.toBe(cold.requestId)
  })

  test('carries a request id from outside, and refuses one that fits no log', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('id', 'exports.handler = async (event, context) => context.requestId')
    expect(await bench.invoke('id', '', { requestId: 'mine-1' })).toMatchObject({
      requestId: 'mine-1',
      payload: Buffer.from('mine-1'),
    })
    await expect(bench.invoke('id', '', { requestId: 'two words' })).rejects.toMatchObject({
      code: 'function.request-invalid',
    })
  })

  test('of an unknown function, or with too large a payload, is refused', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('echo', echo)
    await expect(bench.invoke('absent')).rejects.toMatchObject({ code: 'function.not-found' })
    const signal = new AbortController().signal
    const large = Buffer.alloc(payloadBytesMax + 1)
    await expect(bench.functions.invoke(account, 'echo', large, { signal })).rejects.toMatchObject({
      code: 'function.payload-too-large',
      details: { limit: payloadBytesMax, seen: payloadBytesMax + 1 },
    })
  })

  test('sees the environment of its function, the platform part of it, and nothing of the server', async () => {
    await using bench = await FunctionsBench.open()
    process.env['MILLRACE_TEST_SECRET'] = 'of the server'
    await bench.define('env', 'exports.handler = async () => process.env', {
      environment: { OWN: 'x', TZ: 'Asia/Tokyo' },
    })
    const environment = JSON.parse(await bench.text('env')) as Record<string, string>
    delete process.env['MILLRACE_TEST_SECRET']
    expect(environment).toMatchObject({
      OWN: 'x',
      TZ: 'Asia/Tokyo',
      FC_FUNCTION_NAME: 'env',
      FC_FUNCTION_HANDLER: 'index.handler',
      FC_FUNCTION_MEMORY_SIZE: '128',
      FC_ACCOUNT_ID: account,
    })
    expect(Object.values(environment)).not.toContain('of the server')
    expect(Object.keys(environment).filter(name => name.startsWith('MILLRACE'))).toEqual([])
  })
})

describe('code that fails', () => {
  test('is a result with the words of the compatible protocol', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('bad', 'exports.handler = async () => { throw new TypeError("oops") }')
    const result = await bench.invoke('bad')
    expect(result).toMatchObject({
      status: 'failed',
      failure: {
        type: 'UnhandledInvocationError',
        cause: 'failed',
        errorMessage: 'oops',
        errorType: 'TypeError',
      },
    })
  })

  test('by ending its process is told so, and the next invocation gets another instance', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('exit', 'exports.handler = async event => event.length ? process.exit(3) : "fine"')
    const failed = await bench.invoke('exit', 'x')
    expect(failed).toMatchObject({
      status: 'failed',
      failure: {
        type: 'UnhandledInvocationError',
        cause: 'exited',
        errorMessage: expect.stringMatching(
          /^Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: \d+MB, exit code: 3\)$/,
        ),
      },
    })
    expect(await bench.text('exit')).toBe('fine')
  })

  test('by an error that nobody catches is told with that error, and the next invocation is fine', async () => {
    await using bench = await FunctionsBench.open()
    const code = `exports.handler = event => {
      if (event.length === 0) return Promise.resolve('fine')
      Promise.reject(new RangeError('nobody awaits me'))
      return new Promise(() => {})
    }`
    await bench.define('crash', code)
    expect(await bench.invoke('crash', 'x')).toMatchObject({
      failure: { errorType: 'RangeError', errorMessage: 'nobody awaits me' },
    })
    expect(await bench.text('crash')).toBe('fine')
  })

  test('by eating its memory ends its own process and nothing else', async () => {
    await using bench = await FunctionsBench.open()
    const code = `exports.handler = event => {
      if (event.length === 0) return 'fine'
      for (const kept = [];;) kept.push(new Array(100_000).fill(kept.length))
    }`
    await bench.define('eater', code, { memoryMiB: 64, timeoutMs: 60_000 })
    expect(await bench.invoke('eater', 'x')).toMatchObject({ failure: { cause: 'exited' } })
    expect(await bench.text('eater')).toBe('fine')
  })

  test('between two invocations costs neither of them', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define(
      'late',
      'exports.handler = async () => { setTimeout(() => { throw new Error("late") }, 1); return "fine" }',
    )
    for (let count = 0; count < 5; count++) expect(await bench.text('late')).toBe('fine')
  })
})

describe('the time-out', () => {
  test('is an answer, and ends the process with all that it has started', async () => {
    await using bench = await FunctionsBench.open()
    const code = `const { spawn } = require('node:child_process')
      exports.handler = event => {
        if (event.length === 0) return 'fine'
        console.log('child=' + spawn('sleep', ['600']).pid + ' own=' + process.pid)
        for (;;);
      }`
    await bench.define('spin', code, { timeoutMs: 3_000 })
    const spinning = bench.invoke('spin', 'x')
    await bench.logged('spin', 'child=')
    const line = bench.functions.logs(account, 'spin').find(({ stream }) => stream === 'stdout')
    const processes = [...(line?.text.matchAll(/=(\d+)/g) ?? [])].map(match => Number(match[1]))
    expect(processes).toHaveLength(2)
    await bench.clock.advance(3_000)
    const result = await spinning
    expect(result).toMatchObject({
      status: 'failed',
      failure: {
        type: 'UnhandledInvocationError',
        cause: 'timed-out',
        errorMessage: expect.stringMatching(
          /^Function timed out after 3 seconds \(maxMemoryUsage: \d+\.\d\dMB\)$/,
        ),
      },
    })
    expect(result.metering.durationMs).toBe(3_000)
    await until(() => processes.every(id => !isAlive(id)))
    expect(await bench.text('spin')).toBe('fine')
  })

  test('of one invocation leaves its neighbours in the instance their time', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('wait', waits, { concurrencyPerInstance: 2, instancesMax: 1, timeoutMs: 3_000 })
    const first = bench.invoke('wait', 'first')
    await bench.logged('wait', 'begun first')
    await bench.clock.advance(2_000)
    const stop = new AbortController()
    const second = bench.invoke('wait', 'second', { signal: stop.signal })
    await bench.logged('wait', 'begun second')
    await bench.clock.advance(1_000)
    expect(await first).toMatchObject({ failure: { cause: 'timed-out' } })
    const [instance] = bench.functions.status(account, 'wait').instances
    expect(instance).toMatchObject({ state: 'draining', running: 1 })
    await bench.clock.advance(2_000)
    expect(await second).toMatchObject({ failure: { cause: 'timed-out' } })
    await until(() => bench.functions.status(account, 'wait').instances.length === 0)
  })
})

describe('a caller that goes away', () => {
  test('is let go at once, and code that stops when told keeps its instance', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('wait', waits)
    const stop = new AbortController()
    const waiting = bench.invoke('wait', 'one', { signal: stop.signal })
    await bench.logged('wait', 'begun one')
    const [before] = bench.functions.status(account, 'wait').instances
    stop.abort(new Error('client gone'))
    await expect(waiting).rejects.toThrow('client gone')
    await until(() => bench.functions.status(account, 'wait').instances[0]?.state === 'idle')
    expect(bench.functions.status(account, 'wait').instances[0]?.id).toBe(before?.id)
  })

  test('leaves code that does not stop one second; then its instance is killed', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('stubborn', stubborn)
    const stop = new AbortController()
    const waiting = bench.invoke('stubborn', 'one', { signal: stop.signal })
    await bench.logged('stubborn', 'begun one')
    stop.abort(new Error('client gone'))
    await expect(waiting).rejects.toThrow('client gone')
    await bench.clock.advance(999)
    expect(bench.functions.status(account, 'stubborn').instances).toMatchObject([{ state: 'busy' }])
    await bench.clock.advance(1)
    await until(() => bench.functions.status(account, 'stubborn').instances.length === 0)
  })

  test('before the instance has started leaves the instance to the next', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('echo', echo, { instancesMax: 1 })
    const stop = new AbortController()
    const waiting = bench.invoke('echo', 'one', { signal: stop.signal })
    stop.abort(new Error('client gone'))
    await expect(waiting).rejects.toThrow('client gone')
    expect(await bench.text('echo', 'two')).toBe('two')
  })
})

describe('the initializer', () => {
  test('runs once for each instance', async () => {
    await using bench = await FunctionsBench.open()
    const code = `let state = 0
      exports.initialize = async context => { state = 100; console.log('for ' + context.function.name) }
      exports.handler = async () => String(++state)`
    await bench.define('counter', code, { initializer: 'index.initialize' })
    expect(await bench.text('counter')).toBe('101')
    expect(await bench.text('counter')).toBe('102')
    await bench.logged('counter', 'for counter')
  })

  test('that fails makes a failed invocation of the right type', async () => {
    await using bench = await FunctionsBench.open()
    const code = 'exports.initialize = () => { throw new Error("no database") }; exports.handler = () => 1'
    await bench.define('broken', code, { initializer: 'index.initialize' })
    expect(await bench.invoke('broken')).toMatchObject({
      status: 'failed',
      failure: { type: 'InitializationError', cause: 'initialization-failed', errorMessage: 'no database' },
    })
  })

  test('that does not end in its time is killed', async () => {
    await using bench = await FunctionsBench.open()
    const code = 'exports.initialize = () => { console.log("begun"); for (;;); }; exports.handler = () => 1'
    await bench.define('slow', code, { initializer: 'index.initialize', initializerTimeoutMs: 2_000 })
    const waiting = bench.invoke('slow')
    await bench.logged('slow', 'begun')
    await bench.clock.advance(2_000)
    expect(await waiting).toMatchObject({
      failure: {
        type: 'InitializationError',
        errorMessage: 'Function initialization timed out after 2 seconds',
      },
    })
  })

  test('that keeps failing is not tried for every invocation', async () => {
    await using bench = await FunctionsBench.open()
    const code = 'console.log("loaded"); throw new Error("never")'
    await bench.define('broken', code)
    for (let count = 0; count < 10; count++) {
      expect(await bench.invoke('broken')).toMatchObject({ failure: { errorMessage: 'never' } })
    }
    const starts = bench.functions.logs(account, 'broken').filter(line => line.text.includes('loaded'))
    expect(starts).toHaveLength(3)
    await bench.clock.advance(1_000)
    await bench.define('broken', echo)
    expect(await bench.text('broken', 'repaired')).toBe('repaired')
  })
})
