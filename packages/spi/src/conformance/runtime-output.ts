import { expect } from 'vitest'
import { frameType } from '../runtime-protocol.ts'
import type { RuntimeCase } from './runtime-fixture.ts'

/** Text between marks, by the mark in front of it: `{ 'request-1 o': 'out x\n' }`. */
function byMark(output: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of output.split('\u001e').slice(1)) {
    const end = part.indexOf('\u001f')
    const mark = part.slice(0, end)
    if (mark !== '') found.set(mark, (found.get(mark) ?? '') + part.slice(end + 1))
  }
  return found
}

export function outputCases(check: RuntimeCase): void {
  check('output is marked with its request and its stream', async bench => {
    await using host = await bench.start('log')
    await host.invoke('x')
    await host.outputWith('more x')
    const marked = byMark(host.output)
    expect(marked.get('request-1 o')).toContain('out x')
    expect(marked.get('request-1 e')).toContain('err x')
    expect(marked.get('request-1 o')).toContain('more x')
  })

  check('output of invocations that run at once carries the mark of its own', async bench => {
    await using host = await bench.start('log')
    const channels = [host.begin('first'), host.begin('second'), host.begin('third')]
    await Promise.all(channels.map(channel => host.answer(channel)))
    for (const name of ['first', 'second', 'third']) await host.outputWith(`more ${name}`)
    const marked = byMark(host.output)
    for (const [index, name] of ['first', 'second', 'third'].entries()) {
      const own = marked.get(`request-${index + 1} o`) ?? ''
      expect(own).toContain(`out ${name}`)
      expect(own).toContain(`more ${name}`)
      for (const other of ['first', 'second', 'third']) if (other !== name) expect(own).not.toContain(other)
    }
  })

  check('output without a line feed is ended with one when its invocation ends', async bench => {
    await using host = await bench.start('part')
    await host.invoke('')
    await host.outputWith('no line feed')
    expect(byMark(host.output).get('request-1 o')).toBe('no line feed\n')
  })

  check('output just before the end of the process is not lost', async bench => {
    await using host = await bench.start('exit')
    host.begin('')
    await host.exited
    await host.outputWith('leaving now')
  })

  check('a flood of output passes whole and does not keep the answer', async bench => {
    await using host = await bench.start('flood')
    expect(await host.invoke('')).toMatchObject({ type: frameType.result })
    const bytes = 64 * 1_024 * 1_024
    expect(host.outputByteCount).toBeGreaterThan(bytes - 4 * 1_024 * 1_024)
    const again = await host.invoke('')
    expect(again).toMatchObject({ type: frameType.result })
    expect(again.header['memoryKiB']).toBeLessThan(256 * 1_024)
  })
}
