import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineRuntime, type HeadHeader, type LaunchPlan, type Runtime } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { type AnswerStream, defaultFunctionsLimits } from '../../src/functions/index.ts'
import { account, FunctionsBench, until } from './bench.ts'
import type { Order } from './parts-program.ts'

/** A runtime whose program answers in parts, as it is told to. */
function partsRuntime(): Runtime {
  const program = fileURLToPath(new URL('parts-program.ts', import.meta.url))
  const plan: LaunchPlan = { command: process.execPath, args: [program], environment: {}, readOnlyPaths: [] }
  const installed = { name: 'test1', version: '1.0.0', checkHandler: () => undefined, launch: () => plan }
  return defineRuntime({ language: 'test', detect: async () => [installed] })
}

async function open(change: Parameters<FunctionsBench['define']>[2] = {}): Promise<FunctionsBench> {
  const bench = await FunctionsBench.open({ runtimes: partsRuntime })
  await bench.define('f', '', { runtime: 'test1', ...change })
  return bench
}

/** Takes each part only when it is told to. */
class SlowReader implements AnswerStream {
  readonly heads: HeadHeader[] = []
  readonly waiting: (() => void)[] = []
  bytes = 0
  isOpen = false

  head(head: HeadHeader): void {
    this.heads.push(head)
  }

  data(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length
    if (this.isOpen) return Promise.resolve()
    return new Promise(resolve => this.waiting.push(resolve))
  }

  open(): void {
    this.isOpen = true
    for (const resolve of this.waiting) resolve()
  }
}

function sent(bench: FunctionsBench): number {
  return bench.functions.logs(account, 'f').filter(line => line.text.startsWith('sent')).length
}

function texts(bench: FunctionsBench): string[] {
  return bench.functions.logs(account, 'f').map(line => line.text.replace(/RequestId: \S+/, 'RequestId'))
}

const order = (value: Order): string => JSON.stringify(value)

describe('an answer in parts', () => {
  test('is put together for who wants it whole', async () => {
    await using bench = await open()
    const result = await bench.invoke(
      'f',
      order({ head: { statusCode: 201, headers: { 'x-a': ['1', '2'] } }, parts: 12, bytes: 500_000 }),
    )
    expect(result).toMatchObject({
      status: 'ok',
      head: { statusCode: 201, headers: { 'x-a': ['1', '2'] } },
    })
    const payload = result.status === 'ok' ? Buffer.from(result.payload) : Buffer.alloc(0)
    expect(payload.length).toBe(6_000_000)
    expect([payload[0], payload[500_000], payload[5_999_999]]).toEqual([48, 49, 49])
  })

  test('fails when it grows above what may be put together, and the next call is fine', async () => {
    await using bench = await open()
    const result = await bench.invoke('f', order({ parts: 40, bytes: 1_000_000 }))
    expect(result).toMatchObject({ status: 'failed', failure: { errorType: 'ResultTooLarge' } })
    expect((await bench.invoke('f')).status).toBe('ok')
  })

  test('reaches its reader no faster than the reader takes it', async () => {
    await using bench = await open()
    const stream = new SlowReader()
    const answer = bench.invoke('f', order({ head: {}, parts: 40, bytes: 100_000 }), { stream })
    await until(() => sent(bench) === 10)
    expect(stream.bytes).toBe(100_000)
    stream.open()
    expect(await answer).toMatchObject({ status: 'ok', payload: new Uint8Array(0) })
    expect(stream.bytes).toBe(4_000_000)
    expect(stream.heads).toEqual([{}])
  })

  test('is a failure when the code fails after its beginning', async () => {
    await using bench = await open()
    const stream = new SlowReader()
    stream.open()
    const answer = await bench.invoke('f', order({ parts: 1, bytes: 5, end: 'error' }), { stream })
    expect(answer).toMatchObject({ status: 'failed', failure: { errorMessage: 'late' } })
    expect(stream.bytes).toBe(5)
  })

  test('ends the instance that sends more than it has room for', async () => {
    await using bench = await open()
    const stream = new SlowReader()
    const answer = bench.invoke('f', order({ parts: 20, bytes: 100_000, greedy: true }), { stream })
    expect(await answer).toMatchObject({ status: 'failed', failure: { cause: 'exited' } })
    stream.open()
  })

  test('ends with its reader: the caller gets the error of the stream', async () => {
    await using bench = await open()
    const stream: AnswerStream = {
      head: () => {},
      data: () => Promise.reject(new Error('the client is gone')),
    }
    const answer = bench.invoke('f', order({ parts: 3, bytes: 10, end: 'never' }), { stream })
    await expect(answer).rejects.toThrow('the client is gone')
    await bench.clock.advance(defaultFunctionsLimits.times.cancelGraceMs)
    await until(() => bench.functions.status(account, 'f').instances.length === 0)
  })

  test('that comes whole does not use the stream', async () => {
    await using bench = await open()
    const stream = new SlowReader()
    expect(await bench.invoke('f', '', { stream })).toMatchObject({ status: 'ok' })
    expect(stream.heads).toEqual([])
  })
})

/** `T` of a process that stands still. */
function processState(bench: FunctionsBench): string {
  const pids = bench.functions.logs(account, 'f').flatMap(line => /pid (\d+)/.exec(line.text)?.[1] ?? [])
  return readFileSync(`/proc/${pids[0] ?? 'self'}/stat`, 'utf8').split(') ')[1]?.[0] ?? ''
}

describe('hooks', () => {
  test('run before an idle instance is frozen and before it ends, with lines around them', async () => {
    await using bench = await open({
      freeze: true,
      idleMs: 5_000,
      preFreeze: { handler: 'index.freeze', timeoutMs: 1_000 },
      preStop: { handler: 'index.stop', timeoutMs: 1_000 },
    })
    await bench.invoke('f')
    await until(() => texts(bench).includes('FC PreFreeze End RequestId'))
    await bench.invoke('f')
    await until(() => texts(bench).filter(text => text === 'FC PreFreeze End RequestId').length >= 2)
    await bench.clock.advance(5_000)
    await until(() => bench.functions.status(account, 'f').instances.length === 0)
    const found = texts(bench)
    expect(found).toContain('freezing by index.freeze')
    expect(found.slice(found.indexOf('FC PreStop Start RequestId'))).toEqual([
      'FC PreStop Start RequestId',
      'stopping by index.stop',
      'FC PreStop End RequestId',
    ])
  })

  test('a pre-stop hook has its own time besides that of the exit', async () => {
    const code = `exports.handler = async () => {}`
    await using bench = await FunctionsBench.open()
    await bench.define('f', code, { idleMs: 1_000, preStop: { handler: 'index.handler', timeoutMs: 60_000 } })
    await bench.invoke('f')
    await bench.clock.advance(1_000)
    await until(() => bench.functions.status(account, 'f').instances.length === 0)
    expect(texts(bench).slice(-2)).toEqual(['FC PreStop Start RequestId', 'FC PreStop End RequestId'])
  })
})

test('a frozen instance stands still until it is called', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define('f', `console.log('pid ' + process.pid); exports.handler = async event => event`, {
    freeze: true,
  })
  await bench.invoke('f')
  await until(() => processState(bench) === 'T')
  expect(await bench.text('f', 'again')).toBe('again')
  await until(() => processState(bench) === 'T')
})

test('the tail of the log has the lines of the call, the newest 4 KiB, and what it cost', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define(
    'f',
    "exports.handler = async event => { for (let i = 0; i < Number(event); i++) console.log('line ' + i) }",
  )
  const short = await bench.invoke('f', '2', { wantsLogTail: true })
  const text = Buffer.from(short.logTail ?? []).toString()
  expect(
    text.split('\n').map(line => line.replace(short.requestId, 'ID').replace(/^.* \[info\] /, '')),
  ).toEqual([
    'FC Invoke Start RequestId: ID',
    `line 0`,
    `line 1`,
    'FC Invoke End RequestId: ID',
    '',
    expect.stringMatching(
      /^Duration: \d+\.\d\d ms, Billed Duration: \d+ ms, Memory Size: 128 MB, Max Memory Used: \d+\.\d\d MB$/,
    ),
  ])
  const long = await bench.invoke('f', '1000', { wantsLogTail: true })
  expect(long.logTail?.length).toBeLessThan(4_096 + 200)
  expect(Buffer.from(long.logTail ?? []).toString()).toContain('line 999\n')
  await bench.define('shared', 'exports.handler = async () => {}', { concurrencyPerInstance: 2 })
  expect(await bench.invoke('shared', '', { wantsLogTail: true })).not.toHaveProperty('logTail')
})

test('layers are found by the paths of programs, libraries and modules, and the earlier one wins', async () => {
  await using bench = await FunctionsBench.open()
  const upload = (files: Record<string, string>): Promise<string> =>
    bench.functions.uploadCode(
      new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
    )
  bench.snapshots.setLayers({
    'one:1': await upload({ 'nodejs/node_modules/which/index.js': 'module.exports = "one"' }),
    'two:3': await upload({
      'nodejs/node_modules/which/index.js': 'module.exports = "two"',
      'bin/tool': '#!/bin/sh\necho from the layer\n',
    }),
  })
  const code = `const { execSync } = require('node:child_process')
    exports.handler = async () => require('which') + ': ' + execSync('tool') + process.env.LD_LIBRARY_PATH`
  await bench.define('f', code, { layers: ['one:1', 'two:3'] })
  expect(await bench.text('f')).toMatch(/^one: from the layer\n.*\/lib:.*\/lib$/)
  await bench.define('own', 'exports.handler = async () => process.env.PATH', {
    layers: ['two:3'],
    environment: { PATH: '/mine' },
  })
  expect(await bench.text('own')).toBe('/mine')
})
