import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chooseSandbox, defaultFunctionsLimits, type FunctionsLimits } from '../../src/functions/index.ts'
import { account, FunctionsBench, isAlive, silentLog, until } from './bench.ts'

const tells = `exports.handler = async () => { console.log('told'); return String(process.pid) }`

function limits(change: Partial<FunctionsLimits['pools']>): Partial<FunctionsLimits> {
  return { pools: { ...defaultFunctionsLimits.pools, ...change } }
}

/** Makes a spare start, and waits until the process is there. */
async function ready(bench: FunctionsBench): Promise<void> {
  await bench.clock.advance(defaultFunctionsLimits.spares.refillDelayMs)
  await until(() => bench.functions.spares === 1)
}

test('a cold start from a spare costs no start of a process', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define('one', tells)
  const first = await bench.invoke('one')
  await ready(bench)
  await bench.define('two', {
    'index.js': "exports.handler = require('./lib/part.js')",
    'lib/part.js': tells.replace('exports.handler', 'module.exports'),
  })
  const second = await bench.invoke('two')
  expect(first.metering).toMatchObject({ coldStart: true })
  expect(second).toMatchObject({ status: 'ok', metering: { coldStart: true, phases: { runtimeMs: 0 } } })
  await bench.logged('two', 'told')
  expect(bench.functions.logs(account, 'one').filter(line => line.text.includes('told'))).toHaveLength(1)
  expect(bench.functions.spares).toBe(0)
})

test('a spare of another shape serves nobody else', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define('one', tells)
  await bench.text('one')
  await ready(bench)
  await bench.define('two', tells, { memoryMiB: 256 })
  await bench.text('two')
  expect(bench.functions.spares).toBe(1)
})

test('a spare is given up when a function needs its room, and none is started then', async () => {
  await using bench = await FunctionsBench.open({ limits: limits({ instancesMax: 3 }) })
  await bench.define('one', tells)
  await bench.text('one')
  await ready(bench)
  await bench.define('two', tells, { memoryMiB: 256 })
  await bench.define('three', tells, { memoryMiB: 320 })
  await bench.text('two')
  await bench.text('three')
  expect(bench.functions.spares).toBe(0)
  await bench.clock.advance(10_000)
  expect(bench.functions.spares).toBe(0)
})

test('spares end when no function of their shape has run for long, and with the server', async () => {
  const { idleMsMax } = defaultFunctionsLimits.pools
  let processId = 0
  {
    await using bench = await FunctionsBench.open()
    await bench.define('one', tells)
    await bench.text('one')
    await ready(bench)
    await bench.clock.advance(idleMsMax)
    await until(() => bench.functions.status(account, 'one').instances.length === 0)
    await bench.clock.advance(defaultFunctionsLimits.spares.idleMsMax + 1_000)
    expect(bench.functions.spares).toBe(0)
    processId = Number(await bench.text('one'))
    await ready(bench)
  }
  expect(isAlive(processId)).toBe(false)
})

test('in a sandbox a spare sees the code and the layers that it was given after its start', async context => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-spare-'))
  const options = { dataFolder: folder.path, searchPath: process.env['PATH'] ?? '', log: silentLog }
  const sandbox = await chooseSandbox({ ...options, choice: 'auto' })
  if (sandbox.kind === 'process') context.skip('needs bubblewrap: this machine cannot keep functions apart')
  await using bench = await FunctionsBench.open({ sandbox })
  await bench.define('one', tells)
  await bench.text('one')
  await ready(bench)
  const layer = new Map([['nodejs/node_modules/which/index.js', Buffer.from('module.exports = "layer"')]])
  bench.snapshots.setLayers({ 'one:1': await bench.functions.uploadCode(layer) })
  await bench.define(
    'two',
    {
      'index.js': "exports.handler = async () => require('which') + ' ' + require('./lib/part.js')",
      'lib/part.js': 'module.exports = __filename',
    },
    { layers: ['one:1'] },
  )
  expect(await bench.text('two')).toBe('layer /code/lib/part.js')
  expect(bench.functions.spares).toBe(0)
})
