import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { assert, type LaunchPlan } from '@millrace/spi'
import { ending } from '../child.ts'
import { type InstanceLimits, type LimitsMechanism, openFilesMax } from '../limits/index.ts'
import type { NetworkMechanism } from '../network/index.ts'
import { besideInstance, Connection } from './connection.ts'
import type { Exit, Sandbox, SandboxedProcess, SandboxFolders, SandboxLimits } from '../sandbox.ts'
import {
  type Approach,
  bubblewrapArguments,
  instanceName,
  seenPath,
  type Shown,
  userChange,
  userId,
} from './arguments.ts'
import { type MadeFiles, systemFiles } from './system-files.ts'

export interface BubblewrapOptions {
  /** Path of `bwrap`. */
  readonly program: string
  readonly approach: Approach
  readonly limits: LimitsMechanism
  readonly network: NetworkMechanism
  readonly files: MadeFiles
  /** Never to be seen, such as the data folder. */
  readonly hidden: readonly string[]
}

/**
 * Code in namespaces of its own (mount, process, ipc, host name, control group, network or none) under a filter of
 * system calls and without any right beyond its own files. See docs/operate/isolation.md.
 */
export class BubblewrapSandbox implements Sandbox {
  readonly kind = 'bubblewrap'
  readonly limits: string
  readonly weaknesses: readonly string[]
  readonly #options: BubblewrapOptions
  readonly #system: readonly Shown[]
  readonly #openFilesMax: number

  constructor(options: BubblewrapOptions) {
    this.#options = options
    this.#system = [...systemFiles(), ...options.files.shown]
    this.#openFilesMax = Math.min(openFilesMax, ownOpenFilesMax())
    this.limits = options.limits.kind
    this.weaknesses = [
      ...options.limits.weaknesses,
      ...options.network.weaknesses,
      ...(options.files.filterPath === undefined ? [`system calls are not filtered on ${process.arch}`] : []),
    ]
  }

  removeLeftovers(): Promise<void> {
    return this.#options.limits.removeLeftovers()
  }

  close(): Promise<void> {
    return this.#options.limits.close()
  }

  /** On a busy machine the kernel's answer about the loopback device now and then comes to nobody: once in hundreds. */
  isPassing(reason: string): boolean {
    return reason.includes('bwrap: loopback: Failed RTM_')
  }

  async spawn(plan: LaunchPlan, limits: SandboxLimits, folders: SandboxFolders): Promise<SandboxedProcess> {
    const { network } = this.#options
    const separate = network.separates(limits.network)
    const group = this.#options.limits.open(instanceName(folders), limits)
    let instance: BubblewrapProcess | undefined
    try {
      const child = this.#start(plan, limits, folders, { group, separate })
      instance = new BubblewrapProcess(child, folders, group)
      if (child.pid === undefined) {
        const [error] = (await once(child, 'error')) as [Error]
        throw error
      }
      if (separate && limits.network !== 'off') await this.#connect(child, instance)
      return instance
    } catch (error) {
      instance?.kill()
      await (instance?.exited ?? group.close())
      throw error
    }
  }

  /** The program boots meanwhile; it learns what it is to run only afterwards. */
  async #connect(child: ChildProcess, instance: BubblewrapProcess): Promise<void> {
    const connection = new Connection(child)
    const firstProcess = await instance.firstProcess
    // It ended before it began; whoever waits for it is told how.
    if (firstProcess === undefined) return
    const inUserNamespace = this.#options.approach === 'user-namespace'
    try {
      await connection.open(inUserNamespace ? instance.processId : firstProcess)
    } catch (error) {
      if (child.exitCode === null && child.signalCode === null) throw error
    }
  }

  #resolver(separate: boolean): Shown {
    const path = separate ? this.#options.files.resolverPath : '/etc/resolv.conf'
    return { path, at: '/etc/resolv.conf' }
  }

  #start(
    plan: LaunchPlan,
    limits: SandboxLimits,
    folders: SandboxFolders,
    { group, separate }: { group: InstanceLimits; separate: boolean },
  ): ChildProcess {
    const { program, approach, files, hidden, network } = this.#options
    const connected = separate && limits.network !== 'off'
    if (approach === 'user-change') chownSync(folders.socketPath, userId, userId)
    // A user namespace around that of `bwrap` owns the network, so that the server can connect it.
    const outerNetwork = connected && approach === 'user-namespace'
    const system = limits.network === 'on' ? [...this.#system, this.#resolver(separate)] : this.#system
    const ownNetwork = separate && !outerNetwork
    files.makePlaces(plan.readOnlyPaths)
    const view = { approach, plan, limits, folders, system, hidden, ownNetwork }
    const around = outerNetwork ? ['unshare', '--user', '--map-root-user', '--net', '--'] : []
    const inside = group.inside === '' ? [] : ['/bin/sh', '-c', `${group.inside}exec "$@"`, 'sh']
    const command = [...userChange(approach), ...inside, plan.command, ...plan.args]
    // Before the shell enters the group of the instance: what connects it is not of the instance.
    const beside = connected
      ? besideInstance(network.connection(limits.network, approach === 'user-namespace'))
      : ''
    const outside = `${beside}${group.outside}ulimit -c 0; ulimit -n ${this.#openFilesMax}; echo 1000 >/proc/self/oom_score_adj; exec "$@"`
    const filter = files.filterPath === undefined ? undefined : openSync(files.filterPath, 'r')
    try {
      const child = spawn(
        '/bin/sh',
        [
          '-c',
          outside,
          'sh',
          ...around,
          program,
          '--args',
          '3',
          '--info-fd',
          '4',
          ...(filter === undefined ? [] : ['--seccomp', '5']),
          '--',
          ...command,
        ],
        {
          cwd: '/',
          detached: true,
          stdio: [
            ...(['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] as const),
            filter ?? 'ignore',
            ...(connected ? (['pipe', 'pipe', 'pipe'] as const) : []),
          ],
          // By this the next server knows what a killed one has left; code does not see it.
          env: { MILLRACE_SOCKET: folders.socketPath, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        },
      )
      child.on('error', () => {})
      const input = child.stdio[3] as Duplex | null
      // The program may end before it has read everything; its exit tells.
      input?.on('error', () => {})
      input?.end(`${bubblewrapArguments(view).join('\0')}\0`)
      return child
    } finally {
      if (filter !== undefined) closeSync(filter)
    }
  }
}

class BubblewrapProcess implements SandboxedProcess {
  readonly processId: number
  readonly output
  readonly errorOutput
  readonly exited: Promise<Exit>
  /** The first process inside, as the machine counts; `undefined` when it ended before. */
  readonly firstProcess: Promise<number | undefined>
  readonly #child: ChildProcess
  readonly #folders: SandboxFolders
  readonly #limits: InstanceLimits
  #ended = false

  constructor(child: ChildProcess, folders: SandboxFolders, limits: InstanceLimits) {
    const { stdout, stderr } = child
    assert(stdout !== null && stderr !== null, 'the output of an instance is piped')
    this.processId = child.pid ?? 0
    this.output = stdout
    this.errorOutput = stderr
    this.#child = child
    this.#folders = folders
    this.#limits = limits
    this.firstProcess = new Promise(resolve => {
      readFirstProcess(child, processId => {
        if (processId !== undefined && !this.#ended) limits.began(processId)
        resolve(processId)
      })
    })
    this.exited = ending(child, () => this.kill()).then(async exit => {
      this.#ended = true
      const reason = limits.ranOutOfMemory() ? ({ reason: 'memory' } as const) : {}
      await limits.close()
      return { ...unwrapped(exit), ...reason }
    })
  }

  /**
   * The end of the outermost process is the end of all others: they are killed with their parent. While it starts the
   * one inside does not have that tie yet; then it is still of the same process group.
   */
  kill(): void {
    if (this.#ended) return
    this.#limits.kill()
    this.#child.kill('SIGKILL')
    if (this.processId === 0) return
    try {
      process.kill(-this.processId, 'SIGKILL')
    } catch {
      // All of the group have ended.
    }
  }

  booted(): void {
    if (!this.#ended) this.#limits.booted()
  }

  seenPath(path: string): string {
    return seenPath(this.#folders, path)
  }

  freeze(): void {
    if (!this.#ended) this.#limits.freeze()
  }

  thaw(): void {
    if (!this.#ended) this.#limits.thaw()
  }

  memoryKiB(): number | undefined {
    return this.#ended ? undefined : this.#limits.memoryKiB()
  }

  cpuMs(): number | undefined {
    return this.#ended ? undefined : this.#limits.cpuMs()
  }
}

/** `bwrap` tells the number of the first process inside, as the machine counts, before it starts the command. */
function readFirstProcess(child: ChildProcess, onKnown: (processId: number | undefined) => void): void {
  const stream = child.stdio[4] as Duplex | null
  let text = ''
  let known = false
  stream?.setEncoding('utf8')
  stream?.on('error', () => {})
  stream?.on('close', () => {
    if (!known) onKnown(undefined)
  })
  // It is read to its end: `bwrap` writes more, and dies when nobody reads.
  stream?.on('data', (chunk: string) => {
    if (known) return
    text += chunk
    const found = /"child-pid":\s*(\d+)/.exec(text)?.[1]
    if (found === undefined) return
    known = true
    onKnown(Number(found))
  })
}

/** `bwrap` tells the end of the command by a signal as a shell does. */
function unwrapped({ code, signal }: Exit): Exit {
  if (code === null || code <= 128) return { code, signal }
  const found = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return found === undefined ? { code, signal } : { code: null, signal: found[0] }
}

/** What the server may open, it may let others open; not more. */
function ownOpenFilesMax(): number {
  const line = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return line === undefined ? openFilesMax : Number(line)
}
