import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { frameType } from '../runtime-protocol.ts'
import { type RuntimeCase, text } from './runtime-fixture.ts'

export function lifeCases(check: RuntimeCase): void {
  check('a cancelled invocation is told so, and may answer', async bench => {
    await using host = await bench.start('wait')
    const channel = host.begin('')
    host.send(frameType.cancel, channel)
    expect(text(await host.answer(channel))).toBe('stopped')
    const other = host.begin('')
    host.send(frameType.cancel, other)
    expect(text(await host.answer(other))).toBe('stopped')
  })

  check('cancelling what is not running does nothing', async bench => {
    await using host = await bench.start('echo')
    host.send(frameType.cancel, 99)
    expect(text(await host.invoke('still here'))).toBe('still here')
  })

  check('an idle instance that is drained ends at once, without failure', async bench => {
    await using host = await bench.start('echo')
    await host.invoke('')
    host.send(frameType.drain, 0)
    await host.next(1, frameType.leaving)
    expect(await host.exited).toBe(0)
  })

  check('a drained instance finishes what runs, and ends after the last', async bench => {
    await using host = await bench.start('wait')
    const first = host.begin('')
    const second = host.begin('')
    host.send(frameType.drain, 0)
    host.send(frameType.cancel, first)
    expect(text(await host.answer(first))).toBe('stopped')
    host.send(frameType.cancel, second)
    expect(text(await host.answer(second))).toBe('stopped')
    expect(await host.exited).toBe(0)
  })

  check('an instance that was never given code can be drained', async bench => {
    await using host = await bench.boot()
    host.send(frameType.drain, 0)
    expect(await host.exited).toBe(0)
  })

  check('what the code starts is in its process group, and ends with it', async bench => {
    const host = await bench.start('child')
    const child = Number(text(await host.invoke('')))
    expect(isAlive(child)).toBe(true)
    await host[Symbol.asyncDispose]()
    await ended(child)
    expect(isAlive(child)).toBe(false)
  })

  check('code that never returns can be killed', async bench => {
    const host = await bench.start('spin')
    host.begin('')
    await host.outputWith('spinning')
    await host[Symbol.asyncDispose]()
    expect(await host.exited).toBe('SIGKILL')
  })

  check('an initializer that never ends can be killed', async bench => {
    const host = await bench.boot()
    const initializer = bench.fixtures.handler('initializeWait')
    void host.initialize(bench.header(bench.fixtures.handler('echo'), { initializer }))
    await host.outputWith('initializing')
    await host[Symbol.asyncDispose]()
    expect(await host.exited).toBe('SIGKILL')
  })
}

/** A process that has ended stays visible until its parent takes note, which may be never: that counts as ended. */
function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${processId}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function ended(processId: number): Promise<void> {
  while (isAlive(processId)) await new Promise(resolve => setImmediate(resolve))
}
