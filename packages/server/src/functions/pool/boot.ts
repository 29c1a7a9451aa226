import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Frame, frameType, type LaunchPlan, runtimeProtocolVersion } from '@millrace/spi'
import { type OutputLine, readOutput } from '../logs/index.ts'
import type { Sandbox, SandboxedProcess, SandboxLimits } from '../sandbox/index.ts'
import { Connection, Door } from './connection.ts'
import { Instance, type InstanceTimes } from './instance.ts'

export interface BootOptions {
  readonly id: string
  /** The instance's own folder: made here, removed when it is gone. */
  readonly folder: string
  readonly sandbox: Sandbox
  readonly plan: LaunchPlan
  readonly limits: SandboxLimits
  /** The unpacked code; an empty folder when `undefined`. */
  readonly codePath: string | undefined
  readonly layersPath: string | undefined
  readonly clock: Clock
  readonly bootTimeoutMs: number
  readonly times: InstanceTimes
  /** Called for each line of output; `requestId` is that of the only running request where the output has no mark. */
  readonly onOutput: (line: OutputLine) => void
}

/** Starts of a sandbox that failed by chance, at most. */
const triesMax = 3

/**
 * Starts a process and resolves when it has said hello. Rejects when it ends first, says something else, or takes
 * longer than `bootTimeoutMs`; then nothing of it is left.
 */
export async function boot(options: BootOptions, signal: AbortSignal): Promise<Instance> {
  signal.throwIfAborted()
  await mkdir(temporaryPath(options), { recursive: true, mode: 0o700 })
  const socketPath = join(options.folder, 's')
  const door = await Door.open(socketPath)
  try {
    const { sandbox, plan, limits, layersPath } = options
    const codePath = options.codePath ?? (await emptyFolder(options))
    const folders = { socketPath, temporaryPath: temporaryPath(options), codePath, layersPath }
    for (let tried = 1; ; tried++) {
      const process = await sandbox.spawn(plan, limits, folders)
      try {
        const instance = await meet(options, process, door, signal)
        void process.exited.then(() => rm(options.folder, { recursive: true, force: true }))
        return instance
      } catch (error) {
        if (tried === triesMax || sandbox.isPassing?.((error as Error).message) !== true) throw error
        await process.exited
      }
    }
  } catch (error) {
    await rm(options.folder, { recursive: true, force: true })
    throw error
  } finally {
    await door.close()
  }
}

/** Where an instance has code of its own, below its folder. */
export function ownCodePath(folder: string): string {
  return join(folder, 'code')
}

/** Likewise its layers. */
export function ownLayersPath(folder: string): string {
  return join(folder, 'layers')
}

function temporaryPath(options: BootOptions): string {
  return join(options.folder, 'tmp')
}

async function emptyFolder(options: BootOptions): Promise<string> {
  const path = ownCodePath(options.folder)
  await mkdir(path, { recursive: true, mode: 0o755 })
  return path
}

/** Waits for the hello of a started process; kills it if that does not come. */
function meet(
  options: BootOptions,
  process: SandboxedProcess,
  door: Door,
  signal: AbortSignal,
): Promise<Instance> {
  return new Promise((resolve, reject) => {
    let instance: Instance | undefined
    let lastText = ''
    const emit = (line: OutputLine): void => {
      if (instance === undefined) lastText = line.text
      const requestId = line.stream === 'platform' ? undefined : (line.requestId ?? instance?.soleRequest)
      options.onOutput({ ...line, requestId })
    }
    readOutput(process.output, 'stdout', options.clock, emit)
    readOutput(process.errorOutput, 'stderr', options.clock, emit)
    let isOver = false
    const fail = (reason: string): void => {
      if (instance !== undefined) return
      isOver = true
      release()
      process.kill()
      reject(new Error(reason))
    }
    const onAbort = (): void => fail('the start was given up')
    const timer = options.clock.timer(options.bootTimeoutMs, () => {
      fail(`the process said nothing for ${options.bootTimeoutMs} ms`)
    })
    const release = (): void => {
      timer[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    void process.exited.then(exit => {
      const how = exit.signal ?? `code ${exit.code ?? '?'}`
      fail(`the process ended (${how})${lastText === '' ? '' : `: ${lastText.slice(0, 200)}`}`)
    })
    void door.visitor.then(socket => {
      // The visitor of a later try.
      if (isOver) return
      const onFrame = (frame: Frame): void => {
        if (instance !== undefined) instance.onFrame(frame)
        else if (frame.type === frameType.hello && frame.header['protocol'] === runtimeProtocolVersion) {
          release()
          process.booted?.()
          const { id, clock, times } = options
          instance = new Instance(id, process, temporaryPath(options), connection, clock, times)
          resolve(instance)
        } else fail('the process does not speak this version of the runtime protocol')
      }
      const connection = new Connection(socket, onFrame, broken => {
        fail('the process closed the connection')
        if (broken) instance?.kill()
        instance?.onDisconnected()
      })
    })
  })
}
