import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { assert, type LaunchPlan } from '@millrace/spi'
import { ending } from './child.ts'
import type { Exit, Sandbox, SandboxedProcess, SandboxFolders } from './sandbox.ts'

/**
 * A plain process in a process group of its own, for machines that have nothing better. Clean environment, own
 * temporary folder, killed with all that stays in its group.
 */
export const processSandbox: Sandbox = {
  kind: 'process',
  limits: 'none',
  weaknesses: [
    'functions can read every file that the server can read',
    'functions can reach the network and the processes of the same user',
    'memory is limited by the language runtime alone, processor time and disk not at all',
    'a process that leaves its process group outlives the instance',
  ],
  async spawn(plan, _limits, folders) {
    const child = startProcess(plan, folders)
    // What the process left running is killed with it.
    const exited = ending(child, () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL', false)
    })
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error]
      throw error
    }
    child.on('error', () => {})
    return sandboxed(child, child.pid, exited)
  },
}

function startProcess(plan: LaunchPlan, folders: SandboxFolders): ChildProcess {
  return spawn(plan.command, plan.args, {
    cwd: folders.temporaryPath,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...plan.environment,
      MILLRACE_SOCKET: folders.socketPath,
      TMPDIR: folders.temporaryPath,
    },
  })
}

function sandboxed(child: ChildProcess, processId: number, exited: Promise<Exit>): SandboxedProcess {
  const output = child.stdout
  const errorOutput = child.stderr
  assert(output !== null && errorOutput !== null, 'the output of an instance is piped')
  let ended = false
  child.on('exit', () => {
    ended = true
  })
  const kill = (): void => {
    signalGroup(processId, 'SIGKILL', ended)
  }
  return {
    processId,
    output,
    errorOutput,
    exited,
    kill,
    seenPath: path => path,
    freeze: () => signalGroup(processId, 'SIGSTOP', ended),
    thaw: () => signalGroup(processId, 'SIGCONT', ended),
    memoryKiB: () => undefined,
    cpuMs: () => undefined,
  }
}

/** Called while the leader lives or has just ended: later its number may be that of a stranger. */
function signalGroup(processId: number, signal: NodeJS.Signals, ended: boolean): void {
  if (ended) return
  try {
    process.kill(-processId, signal)
  } catch {
    // The group is empty: all of it has ended.
  }
}
