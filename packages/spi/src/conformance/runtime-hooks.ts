import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { frameType } from '../runtime-protocol.ts'
import { type RuntimeCase, text } from './runtime-fixture.ts'

export function hookCases(check: RuntimeCase): void {
  check(
    'preStop runs when an idle instance is drained, before it leaves; its output is marked',
    async bench => {
      await using host = await bench.start('echo', { preStop: bench.fixtures.handler('hook') })
      await host.invoke('')
      expect(host.output).not.toContain('hooked')
      host.send(frameType.drain, 0)
      await host.next(1, frameType.leaving)
      expect(await host.exited).toBe(0)
      await host.outputWith('hooked')
      expect(host.output).toMatch(/\u001erequest-0 o\u001f[^\u001e]*hooked/)
    },
  )

  check('preStop runs after the last invocation of a drained instance, and once', async bench => {
    await using host = await bench.start('wait', { preStop: bench.fixtures.handler('hook') })
    const channel = host.begin('')
    host.send(frameType.drain, 0)
    host.send(frameType.ping, 9)
    await host.next(9, frameType.pong)
    expect(host.output).not.toContain('hooked')
    host.send(frameType.cancel, channel)
    expect(text(await host.answer(channel))).toBe('stopped')
    expect(await host.exited).toBe(0)
    await host.outputWith('hooked')
    expect(host.output.split('hooked')).toHaveLength(2)
  })

  check('a preStop that fails is in the log, and the instance leaves all the same', async bench => {
    await using host = await bench.start('echo', { preStop: bench.fixtures.handler('hookFail') })
    host.send(frameType.drain, 0)
    await host.next(0, frameType.leaving)
    expect(await host.exited).toBe(0)
    await host.outputWith('no hook')
  })

  check('a preStop that never ends can be killed', async bench => {
    const host = await bench.start('echo', { preStop: bench.fixtures.handler('hookWait') })
    host.send(frameType.drain, 0)
    await host.outputWith('hooking')
    await host[Symbol.asyncDispose]()
    expect(await host.exited).toBe('SIGKILL')
  })

  check('preFreeze runs at each freeze, and the instance goes on afterwards', async bench => {
    await using host = await bench.start('echo', { preFreeze: bench.fixtures.handler('hook') })
    for (let round = 1; round <= 2; round++) {
      host.send(frameType.freeze, 0)
      const { header } = await host.next(0, frameType.frozen)
      expect(header['durationMs']).toBeGreaterThanOrEqual(0)
      expect(header['error']).toBeUndefined()
      expect(text(await host.invoke('awake'))).toBe('awake')
    }
    await host.outputWith('hooked')
    expect(host.output).toMatch(/\u001erequest-0 o\u001f[^\u001e]*hooked/)
  })

  check('a preFreeze that fails is told, and the instance goes on', async bench => {
    await using host = await bench.start('echo', { preFreeze: bench.fixtures.handler('hookFail') })
    host.send(frameType.freeze, 0)
    const { header } = await host.next(0, frameType.frozen)
    expect(header['error']).toContain('no hook')
    expect(text(await host.invoke('on'))).toBe('on')
  })

  check('an instance without preFreeze is frozen at once', async bench => {
    await using host = await bench.start('echo')
    host.send(frameType.freeze, 0)
    expect((await host.next(0, frameType.frozen)).header['error']).toBeUndefined()
  })

  check('a preFreeze that never ends does not keep invocations waiting', async bench => {
    await using host = await bench.start('echo', { preFreeze: bench.fixtures.handler('hookWait') })
    host.send(frameType.freeze, 0)
    await host.outputWith('hooking')
    expect(text(await host.invoke('meanwhile'))).toBe('meanwhile')
  })
}

export function layerCases(check: RuntimeCase): void {
  check('code finds the modules of its layers', async bench => {
    const { file, text: source } = bench.fixtures.layer as { file: string; text: string }
    await using layers = await mkdtempDisposable(join(tmpdir(), 'millrace-layers-'))
    await mkdir(dirname(join(layers.path, file)), { recursive: true })
    await writeFile(join(layers.path, file), source)
    await using host = await bench.start('layer', { layersPath: layers.path })
    expect(text(await host.invoke(''))).toBe('of the layer')
  })
}
