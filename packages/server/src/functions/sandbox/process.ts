import { directLauncher, type Launched, type Launcher } from './launcher/index.ts'
import { ending } from './child.ts'
import type { LaunchPlan } from '@millrace/spi'
import type { Sandbox, SandboxedProcess, SandboxFolders, SandboxLimits } from './sandbox.ts'

/**
 * A plain process in a process group of its own, for machines that have nothing better. Clean environment, own
 * temporary folder, killed with all that stays in its group.
 */
export class ProcessSandbox implements Sandbox {
  readonly kind = 'process'
  readonly limits = 'none'
  readonly weaknesses = [
    'functions can read every file that the server can read',
    'functions can reach the network and the processes of the same user',
    'memory is limited by the language runtime alone, processor time and disk not at all',
    'a process that leaves its process group outlives the instance',
  ]
  readonly #launcher: Launcher

  constructor(launcher: Launcher) {
    this.#launcher = launcher
  }

  get plain(): Sandbox {
    return this
  }

  warm(): void {
    this.#launcher.warm()
  }

  close(): Promise<void> {
    return this.#launcher.close()
  }

  async spawn(
    plan: LaunchPlan,
    _limits: SandboxLimits,
    { temporaryPath, socketPath }: SandboxFolders,
  ): Promise<SandboxedProcess> {
    const launched = await this.#launcher.launch({
      command: plan.command,
      args: plan.args,
      folder: temporaryPath,
      environment: { ...plan.environment, MILLRACE_SOCKET: socketPath, TMPDIR: temporaryPath },
      descriptors: [{ kind: 'nothing' }, { kind: 'stream' }, { kind: 'stream' }],
    })
    return sandboxed(launched)
  }
}

/** Started from the server itself. */
export const processSandbox: Sandbox = new ProcessSandbox(directLauncher)

function sandboxed(launched: Launched): SandboxedProcess {
  const { processId } = launched
  let hasEnded = false
  /** Sent while the leader lives or has just ended: later its number may be that of a stranger. */
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (hasEnded) return
    try {
      process.kill(-processId, signal)
    } catch {
      // The group is empty: all of it has ended.
    }
  }
  const exited = ending(launched, () => {
    // What the process left running is killed with it.
    signalGroup('SIGKILL')
    hasEnded = true
  })
  return {
    processId,
    output: launched.stream(1),
    errorOutput: launched.stream(2),
    exited,
    kill: () => signalGroup('SIGKILL'),
    seenPath: path => path,
    freeze: () => signalGroup('SIGSTOP'),
    thaw: () => signalGroup('SIGCONT'),
    memoryKiB: () => undefined,
    cpuMs: () => undefined,
  }
}
