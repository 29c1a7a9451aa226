import type { Readable } from 'node:stream'
import type { Launched } from './launcher/index.ts'
import type { Exit } from './sandbox.ts'

/** How long output may stay open after the end of the process: a child that left the group can hold it for ever. */
const outputGraceMs = 500

/**
 * Resolves when a process has ended and its outputs are closed. `onEnd` is called at its end, to end with it what it
 * left running. The timer is of the operating system's world, not the engine's.
 */
export async function ending(launched: Launched, onEnd: () => void): Promise<Exit> {
  const outputs = [launched.stream(1), launched.stream(2)]
  const closed = Promise.all(outputs.map(closing))
  const exit = await launched.ended
  onEnd()
  const timer = setTimeout(() => {
    for (const output of outputs) output.destroy()
  }, outputGraceMs)
  timer.unref()
  await closed
  clearTimeout(timer)
  return exit
}

function closing(output: Readable): Promise<void> {
  return new Promise(resolve => {
    output.on('error', () => {})
    if (output.closed) resolve()
    else output.once('close', resolve)
  })
}
