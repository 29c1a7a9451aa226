import { expect, test } from 'vitest'
import type { InvocationObserver } from '../../src/functions/index.ts'
import { FunctionsBench } from './bench.ts'

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
