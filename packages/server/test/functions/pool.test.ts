import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { defaultFunctionsLimits, type FunctionsLimits } from '../../src/functions/index.ts'
import { account, FunctionsBench, functionSpec, isAlive, until } from './bench.ts'

/** Answers when the file named in the event is there: a gate that all instances share. */
const gated = `const { existsSync } = require('node:fs')
  exports.handler = async event => {
    console.log('begun')
    while (!existsSync(String(event))) await new Promise(resolve => setTimeout(resolve, 1))
    return String(process.pid)
  }`

function limits(change: Partial<FunctionsLimits['pools']>): Partial<FunctionsLimits> {
  return { pools: { ...defaultFunctionsLimits.pools, ...change } }
}

/** Counts lines `begun` in the function's log. */
function begun(bench: FunctionsBench, name: string): number {
  return bench.functions.logs(account, name).filter(line => line.text.includes('begun')).length
}

async function openGate(path: string): Promise<void> {
  await writeFile(path, '')
}

/** What a promise rejects with; `undefined` when it does not. Taken before the cause is set off. */
function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('a pool', () => {
  test('starts as many instances as run at once, up to the limit of the function', async () => {
    await using bench = await FunctionsBench.open()
    const gate = `${bench.dataFolder}/gate`
    await bench.define('gated', gated, { instancesMax: 2 })
    const all = Array.from({ length: 6 }, () => bench.text('gated', gate))
    await until(() => begun(bench, 'gated') === 2)
    expect(bench.functions.status(account, 'gated')).toMatchObject({ waiting: 4 })
    await openGate(gate)
    expect(new Set(await Promise.all(all)).size).toBe(2)
  })

  test('fills an instance before it starts another', async () => {
    await using bench = await FunctionsBench.open()
    const gate = `${bench.dataFolder}/gate`
    await bench.define('gated', gated, { instancesMax: 4, concurrencyPerInstance: 3 })
    const all = Array.from({ length: 6 }, () => bench.text('gated', gate))
    await until(() => begun(bench, 'gated') === 6)
    expect(bench.functions.status(account, 'gated').instances).toHaveLength(2)
    await openGate(gate)
    const processes = await Promise.all(all)
    expect(new Set(processes).size).toBe(2)
  })

  test('gives a few invocations to few instances, so that the others can end', async () => {
    await using bench = await FunctionsBench.open()
    const [first, second] = [`${bench.dataFolder}/first`, `${bench.dataFolder}/second`]
    await bench.define('gated', gated, { concurrencyPerInstance: 2 })
    const many = Array.from({ length: 4 }, () => bench.text('gated', first))
    await until(() => begun(bench, 'gated') === 4)
    await openGate(first)
    await Promise.all(many)
    const few = Array.from({ length: 2 }, () => bench.text('gated', second))
    await until(() => begun(bench, 'gated') === 6)
    const running = bench.functions.status(account, 'gated').instances.map(instance => instance.running)
    expect(running.sort((left, right) => left - right)).toEqual([0, 2])
    await openGate(second)
    await Promise.all(few)
  })

  test('turns away who finds the line full, and says when to come again', async () => {
    await using bench = await FunctionsBench.open({
      limits: limits({ waiting: { waitersMax: 1, waitingBytesMax: 1_024, waitMsMax: 10_000 } }),
    })
    const gate = `${bench.dataFolder}/gate`
    await bench.define('gated', gated, { instancesMax: 1 })
    const first = bench.text('gated', gate)
    await until(() => begun(bench, 'gated') === 1)
    const second = bench.text('gated', gate)
    await expect(bench.invoke('gated', gate)).rejects.toMatchObject({
      code: 'function.throttled',
      retry: { kind: 'after', delayMs: 1_000 },
    })
    await openGate(gate)
    expect(await second).toBe(await first)
  })

  test('turns away who has waited too long', async () => {
    await using bench = await FunctionsBench.open()
    const gate = `${bench.dataFolder}/gate`
    await bench.define('gated', gated, { instancesMax: 1, timeoutMs: 60_000 })
    const first = bench.text('gated', gate)
    await until(() => begun(bench, 'gated') === 1)
    const second = bench.invoke('gated', gate)
    const refused = refusal(second)
    await bench.clock.advance(10_000)
    expect(await refused).toMatchObject({ code: 'function.throttled' })
    await openGate(gate)
    await first
  })

  test('ends instances that are idle for long', async () => {
    await using bench = await FunctionsBench.open({ limits: limits({ idleMsMax: 60_000 }) })
    await bench.define('echo', 'exports.handler = async () => String(process.pid)')
    const processId = Number(await bench.text('echo'))
    await bench.clock.advance(30_000)
    expect(Number(await bench.text('echo'))).toBe(processId)
    await bench.clock.advance(59_999)
    expect(bench.functions.status(account, 'echo').instances).toMatchObject([{ state: 'idle' }])
    await bench.clock.advance(1)
    await until(() => bench.functions.status(account, 'echo').instances.length === 0)
    expect(isAlive(processId)).toBe(false)
  })

  test('gives new code to new invocations while old ones end on the old', async () => {
    await using bench = await FunctionsBench.open()
    const gate = `${bench.dataFolder}/gate`
    await bench.define('changing', gated.replace('String(process.pid)', '"old"'), { instancesMax: 1 })
    const old = bench.text('changing', gate)
    await until(() => begun(bench, 'changing') === 1)
    await bench.define('changing', 'exports.handler = async () => "new"', { instancesMax: 1 })
    expect(await bench.text('changing')).toBe('new')
    await openGate(gate)
    expect(await old).toBe('old')
    await until(() => bench.functions.status(account, 'changing').instances.length === 1)
    expect(bench.functions.status(account, 'changing').instances).toMatchObject([
      { revision: bench.snapshots.view('changing').revision },
    ])
  })

  test('of a deleted function ends, after what still runs', async () => {
    await using bench = await FunctionsBench.open()
    const gate = `${bench.dataFolder}/gate`
    await bench.define('gone', gated)
    const running = bench.text('gone', gate)
    await until(() => begun(bench, 'gone') === 1)
    bench.snapshots.set('gone', undefined)
    await expect(bench.invoke('gone')).rejects.toMatchObject({ code: 'function.not-found' })
    await openGate(gate)
    const processId = Number(await running)
    await until(() => !isAlive(processId))
  })

  test('ends an idle instance of another function when all places are taken', async () => {
    await using bench = await FunctionsBench.open({ limits: limits({ instancesMax: 1 }) })
    await bench.define('one', 'exports.handler = async () => "one"')
    await bench.define('two', 'exports.handler = async () => "two"')
    expect(await bench.text('one')).toBe('one')
    expect(await bench.text('two')).toBe('two')
    expect(await bench.text('one')).toBe('one')
    await until(() => bench.functions.status(account, 'two').instances.length === 0)
  })

  test('survives an instance that is killed from outside', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('pid', 'exports.handler = async () => String(process.pid)')
    process.kill(Number(await bench.text('pid')), 'SIGKILL')
    await until(() => bench.functions.status(account, 'pid').instances.length === 0)
    expect(await bench.text('pid')).toMatch(/^\d+$/)
  })
})

describe('stopping', () => {
  test('lets what runs end, turns away the rest, and leaves no process', async () => {
    const bench = await FunctionsBench.open()
    const gate = `${bench.dataFolder}/gate`
    await bench.define('gated', gated, { instancesMax: 1 })
    const running = bench.text('gated', gate)
    await until(() => begun(bench, 'gated') === 1)
    const waiting = bench.invoke('gated', gate)
    const refused = refusal(waiting)
    const stopping = bench.functions[Symbol.asyncDispose]()
    expect(await refused).toMatchObject({ code: 'function.closed' })
    await expect(bench.invoke('gated')).rejects.toMatchObject({ code: 'function.closed' })
    await openGate(gate)
    const processId = Number(await running)
    await stopping
    expect(isAlive(processId)).toBe(false)
    await bench[Symbol.asyncDispose]()
  })

  test('kills what does not end in time', async () => {
    const bench = await FunctionsBench.open()
    await bench.define('spin', 'exports.handler = () => { console.log("begun"); for (;;); }', {
      timeoutMs: 86_400_000,
    })
    const spinning = bench.invoke('spin')
    await bench.logged('spin', 'begun')
    const stopping = bench.functions[Symbol.asyncDispose]()
    await bench.clock.advance(defaultFunctionsLimits.drainMsMax)
    expect(await spinning).toMatchObject({ failure: { cause: 'exited' } })
    await stopping
    await bench[Symbol.asyncDispose]()
  })
})

describe('a definition', () => {
  test('with a runtime that is not installed is refused with those that are', async () => {
    await using bench = await FunctionsBench.open()
    const code = await bench.functions.uploadCode(new Map([['index.js', Buffer.from('')]]))
    await expect(bench.functions.check(functionSpec(code, { runtime: 'nodejs12' }))).rejects.toMatchObject({
      code: 'function.runtime-unknown',
      message: expect.stringContaining(`installed: nodejs${process.versions.node.split('.')[0]}`),
    })
  })

  test('with code that was never uploaded, or a handler that is not in it, is refused', async () => {
    await using bench = await FunctionsBench.open()
    await expect(bench.functions.check(functionSpec('0'.repeat(64)))).rejects.toMatchObject({
      code: 'function.code-not-found',
    })
    await expect(bench.functions.check(functionSpec('../../etc/passwd'))).rejects.toMatchObject({
      code: 'function.code-not-found',
    })
    await expect(bench.define('f', { 'main.js': '' })).rejects.toMatchObject({
      code: 'function.invalid',
      details: { path: 'handler' },
    })
    const initializer = 'absent.initialize'
    await expect(bench.define('f', { 'index.js': '' }, { initializer })).rejects.toMatchObject({
      details: { path: 'initializer' },
    })
  })

  test('with names of the platform or too much in its environment is refused', async () => {
    await using bench = await FunctionsBench.open()
    await expect(bench.define('f', '', { environment: { FC_REGION: 'x' } })).rejects.toMatchObject({
      code: 'function.invalid',
    })
    await expect(bench.define('f', '', { environment: { BIG: 'x'.repeat(4_094) } })).rejects.toMatchObject({
      details: { limit: 4_096, seen: 4_097 },
    })
  })
})
