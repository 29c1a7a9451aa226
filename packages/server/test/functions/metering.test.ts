import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import type { InvocationObserver } from '../../src/functions/index.ts'
import { account, FunctionsBench } from './bench.ts'

/** Keeps what it is told, in order. */
function recorder(): { told: string[]; observer: InvocationObserver } {
  const told: string[] = []
  const observer: InvocationObserver = {
    invoked: (key, ending, { coldStart }) => told.push(`${key} ${ending} ${coldStart ? 'cold' : 'warm'}`),
    refused: (key, code) => told.push(`${key} ${code}`),
    cancelled: key => told.push(`${key} cancelled`),
  }
  return { told, observer }
}

test('each invocation is told once, with its ending', async () => {
  const { told, observer } = recorder()
  await using bench = await FunctionsBench.open({ observer })
  const code = `exports.handler = async event => {
    if (event.length === 0) return 'fine'
    if (String(event) === 'exit') process.exit(1)
    throw new Error('no')
  }`
  await bench.define('f', code)
  await bench.invoke('f')
  await bench.invoke('f')
  await bench.invoke('f', 'throw')
  await bench.invoke('f', 'exit')
  expect(told).toEqual(['main/f ok cold', 'main/f ok warm', 'main/f failed warm', 'main/f exited warm'])
})

test('who goes away and who is turned away is told as well', async () => {
  const { told, observer } = recorder()
  await using bench = await FunctionsBench.open({ observer })
  await bench.define(
    'wait',
    'exports.handler = (e, { signal }) => { console.log("begun"); return new Promise(done => signal.onabort = done) }',
  )
  const stop = new AbortController()
  const waiting = bench.invoke('wait', '', { signal: stop.signal }).catch(() => undefined)
  await bench.logged('wait', 'begun')
  stop.abort()
  await waiting
  await expect(bench.invoke('wait', '', { requestId: 'not an id' })).rejects.toThrow('request id')
  expect(told).toEqual(['main/wait cancelled', 'main/wait function.request-invalid'])
})

test('what functions use is added up by day, written down, and told', async () => {
  const storage = await openStorage()
  {
    await using bench = await FunctionsBench.open({ storage })
    await bench.define('f', 'exports.handler = async e => { if (e.length > 0) throw new TypeError("no") }', {
      memoryMiB: 512,
      cpu: 0.5,
    })
    await bench.invoke('f')
    await bench.invoke('f', 'x')
    await expect(bench.invoke('f', '', { qualifier: '9' })).rejects.toThrow()
    await bench.clock.advance(86_400_000)
    await bench.invoke('f')
    expect(bench.functions.requests(account, 'f', 2)).toMatchObject([
      { ending: 'ok', version: 'LATEST', errorType: undefined },
      { ending: 'failed', errorType: 'TypeError', metering: { coldStart: false } },
    ])
  }
  await using later = await FunctionsBench.open({ storage })
  const days = await later.functions.usage(account, { from: '2026-01-01', to: '2026-01-02' })
  expect(days).toMatchObject([
    {
      day: '2026-01-01',
      function: 'f',
      invocations: 2,
      failures: { failed: 1 },
      refusals: { 'function.version-not-found': 1 },
      coldStarts: 1,
    },
    { day: '2026-01-02', function: 'f', invocations: 1, failures: {}, coldStarts: 1 },
  ])
  for (const { durationMs, gibSeconds, cpuSeconds } of days) {
    expect(durationMs).toBeGreaterThan(0)
    expect(gibSeconds).toBeCloseTo((durationMs / 1_000) * 0.5)
    expect(cpuSeconds).toBeCloseTo((durationMs / 1_000) * 0.5)
  }
  expect(await later.functions.usage(account, { from: '2026-01-02', to: '2026-01-02' })).toHaveLength(1)
  expect(
    await later.functions.usage(account, { function: 'g', from: '2026-01-01', to: '2026-01-09' }),
  ).toEqual([])
})
