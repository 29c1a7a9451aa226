import { defineRuntime, type LaunchPlan, type Runtime } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { defaultFunctionsLimits } from '../../src/functions/index.ts'
import { FunctionsBench } from './bench.ts'

/** A runtime that starts the given program instead of a bootstrap. */
function runtimeOf(command: string, ...args: string[]): Runtime {
  const plan: LaunchPlan = { command, args, environment: {}, readOnlyPaths: [] }
  const installed = { name: 'test1', version: '1.0.0', checkHandler: () => undefined, launch: () => plan }
  return defineRuntime({ language: 'test', detect: async () => [installed] })
}

async function benchOf(runtime: Runtime): Promise<FunctionsBench> {
  const bench = await FunctionsBench.open({ runtimes: () => runtime })
  await bench.define('f', '', { runtime: 'test1' })
  return bench
}

const failed = { code: 'function.start-failed', retry: { kind: 'backoff' } }

describe('an instance that does not start is told with the reason', () => {
  test('when its program is not there', async () => {
    await using bench = await benchOf(runtimeOf('/nowhere/program'))
    await expect(bench.invoke('f')).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('ENOENT'),
    })
  })

  test('when it ends at once, with its last words', async () => {
    await using bench = await benchOf(runtimeOf('/bin/sh', '-c', 'echo no license >&2; exit 7'))
    const message = expect.stringContaining('the process ended (code 7): no license')
    await expect(bench.invoke('f')).rejects.toMatchObject({ ...failed, message })
  })

  test('when it says nothing for ten seconds', async () => {
    await using bench = await benchOf(runtimeOf('/bin/sh', '-c', 'echo here; exec sleep 600'))
    const refused = bench.invoke('f').catch((error: unknown) => error)
    await bench.logged('f', 'here')
    await bench.clock.advance(defaultFunctionsLimits.bootTimeoutMs)
    expect(await refused).toMatchObject({
      ...failed,
      message: expect.stringContaining('said nothing for 10000 ms'),
    })
  })

  test.each([
    ['something else than frames', '"GET / HTTP/1.1\\r\\n\\r\\n"'],
    ['another version of the protocol', 'frame({ protocol: 99 })'],
  ])('when it says %s', async (_what, expression) => {
    const script = `const frame = header => {
        const text = JSON.stringify(header)
        const bytes = Buffer.alloc(13 + text.length)
        bytes.writeUInt32BE(9 + text.length, 0); bytes[4] = 65; bytes.writeUInt32BE(text.length, 9); bytes.write(text, 13)
        return bytes
      }
      require('node:net').connect(process.env.MILLRACE_SOCKET).write(${expression})`
    await using bench = await benchOf(runtimeOf(process.execPath, '-e', script))
    await expect(bench.invoke('f')).rejects.toMatchObject(failed)
  })

  test('and is not started for each invocation when that happens again and again', async () => {
    await using bench = await benchOf(runtimeOf('/bin/sh', '-c', 'echo started; exit 1'))
    for (let count = 0; count < 10; count++) await expect(bench.invoke('f')).rejects.toMatchObject(failed)
    const started = bench.functions.logs('main', 'f').filter(line => line.text === 'started')
    expect(started).toHaveLength(3)
  })
})
