import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Exit } from './sandbox.ts'

/** How long output may stay open after the end of the process: a child that left the group can hold it for ever. */
const outputGraceMs = 500

/**
 * Resolves when a child has ended and its output is closed. `onExit` is called at its end, to end with it what it left
 * running. The timer is of the operating system's world, not the engine's.
 */
export function ending(child: ChildProcess, onExit: () => void): Promise<Exit> {
  return new Promise(resolve => {
    let exit: Exit = { code: null, signal: null }
    const finish = (): void => {
      clearTimeout(timer)
      resolve(exit)
    }
    let timer: NodeJS.Timeout | undefined
    child.on('exit', (code, signal) => {
      exit = { code, signal }
      onExit()
      timer = setTimeout(() => {
        closeOutput(child.stdout)
        closeOutput(child.stderr)
        finish()
      }, outputGraceMs)
      timer.unref()
    })
    child.on('close', finish)
  })
}

function closeOutput(output: Readable | null): void {
  output?.destroy()
}
