import { expect, test } from 'vitest'
import { account, FunctionsBench } from './bench.ts'

test('lines are kept by request, with their stream and instance', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define(
    'log',
    'exports.handler = async event => { console.log("out %s", event); console.error("err %s", event) }',
  )
  const one = await bench.invoke('log', '1')
  const two = await bench.invoke('log', '2')
  await bench.logged('log', 'err 2')
  const lines = bench.functions.logs(account, 'log', { requestId: one.requestId })
  expect(lines).toMatchObject([
    { stream: 'platform', requestId: one.requestId },
    { stream: 'stdout', requestId: one.requestId, instanceId: one.metering.instanceId },
    { stream: 'stderr', requestId: one.requestId },
    { stream: 'platform', requestId: one.requestId },
  ])
  expect(lines.map(line => line.text)).toEqual([
    `FC Invoke Start RequestId: ${one.requestId}`,
    expect.stringMatching(/\[info\] out 1$/),
    expect.stringMatching(/\[error\] err 1$/),
    `FC Invoke End RequestId: ${one.requestId}`,
  ])
  expect(bench.functions.logs(account, 'log', { requestId: two.requestId })).toHaveLength(4)
  const all = bench.functions.logs(account, 'log')
  expect(bench.functions.logs(account, 'log', { after: all[1]?.sequence ?? 0 })).toEqual(all.slice(2))
})

test('what a program prints that the code has started belongs to the request', async () => {
  await using bench = await FunctionsBench.open()
  const code = `const { spawnSync } = require('node:child_process')
    exports.handler = async () => { spawnSync('echo', ['from a child'], { stdio: 'inherit' }); console.log('done') }`
  await bench.define('child', code)
  const { requestId } = await bench.invoke('child')
  await bench.logged('child', 'done')
  expect(bench.functions.logs(account, 'child', { requestId }).map(line => line.text)).toContain(
    'from a child',
  )
})

test('a flood of output neither grows the log nor keeps the function', async () => {
  await using bench = await FunctionsBench.open()
  const code = `const line = 'x'.repeat(1023) + '\\n'
    exports.handler = async () => {
      for (let count = 0; count < 64; count++) process.stdout.write(line.repeat(1024))
      return 'done'
    }`
  await bench.define('flood', code, { timeoutMs: 60_000 })
  expect(await bench.text('flood')).toBe('done')
  const lines = bench.functions.logs(account, 'flood', { limit: 100_000 })
  const bytes = lines.reduce((sum, line) => sum + line.text.length, 0)
  expect(bytes).toBeLessThanOrEqual(1_024 * 1_024)
})

test('what is thrown away of a flood is told, and later output is kept again', async () => {
  await using bench = await FunctionsBench.open()
  const code = `exports.handler = async event => {
    if (event.length === 0) return console.log('calm again')
    for (let count = 0; count < 16; count++) process.stdout.write(('x'.repeat(1023) + '\\n').repeat(1024))
  }`
  await bench.define('flood', code, { timeoutMs: 60_000 })
  await bench.invoke('flood', 'x')
  await bench.clock.advance(10_000)
  const { requestId } = await bench.invoke('flood')
  await bench.logged('flood', 'calm again')
  const texts = bench.functions.logs(account, 'flood', { limit: 100_000 }).map(line => line.text)
  expect(texts.some(text => /^\d+ bytes of output were discarded/.test(text))).toBe(true)
  const calm = bench.functions.logs(account, 'flood', { requestId })
  expect(calm.filter(line => line.stream !== 'platform')).toHaveLength(1)
})

test('a crash leaves its stack in the log', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define(
    'crash',
    'exports.handler = () => { setImmediate(() => { throw new Error("late") }); return new Promise(() => {}) }',
  )
  const { requestId } = await bench.invoke('crash')
  await bench.logged('crash', 'Error: late')
  const lines = bench.functions.logs(account, 'crash', { requestId })
  expect(lines.find(line => line.stream === 'stderr')).toMatchObject({ text: 'Error: late' })
  const ends = lines.filter(line => line.text.startsWith('FC Invoke End'))
  expect(ends.map(line => line.text)).toEqual([
    `FC Invoke End RequestId: ${requestId}, Error: Unhandled function error`,
  ])
})
