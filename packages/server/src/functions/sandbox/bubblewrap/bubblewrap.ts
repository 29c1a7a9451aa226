import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import type { LaunchPlan } from '@millrace/spi'
import { ending } from '../child.ts'
import type { Descriptor, Launched, Launcher } from '../launcher/index.ts'
import { type InstanceLimits, type LimitsMechanism, openFilesMax } from '../limits/index.ts'
import type { NetworkMechanism } from '../network/index.ts'
import { ProcessSandbox } from '../process.ts'
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

/** What `bwrap` tells of its first process is shorter by far. */
const firstWordsLengthMax = 4_096

/** So long after its connection has ended an instance that has ended is known to have. */
const endNewsMsMax = 200

export interface BubblewrapOptions {
  /** Path of `bwrap`. */
  readonly program: string
  readonly launcher: Launcher
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
  readonly plain: Sandbox
  readonly #options: BubblewrapOptions
  readonly #system: readonly Shown[]
  readonly #openFilesMax: number

  constructor(options: BubblewrapOptions) {
    this.#options = options
    this.#system = [...systemFiles(), ...options.files.shown]
    this.#openFilesMax = Math.min(openFilesMax, ownOpenFilesMax())
    this.limits = options.limits.kind
    this.plain = new ProcessSandbox(options.launcher)
    this.weaknesses = [
      ...options.limits.weaknesses,
      ...options.network.weaknesses,
      ...(options.files.filterPath === undefined ? [`system calls are not filtered on ${process.arch}`] : []),
    ]
  }

  removeLeftovers(): Promise<void> {
    return this.#options.limits.removeLeftovers()
  }

  warm(): void {
    this.#options.launcher.warm()
  }

  async close(): Promise<void> {
    await this.#options.launcher.close()
    await this.#options.limits.close()
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
      const launched = await this.#start(plan, limits, folders, { group, separate })
      instance = new BubblewrapProcess(launched, folders, group)
      if (separate && limits.network !== 'off') await this.#connect(launched, instance)
      return instance
    } catch (error) {
      instance?.kill()
      await (instance?.exited ?? group.close())
      throw error
    }
  }

  /** The program boots meanwhile; it learns what it is to run only afterwards. */
  async #connect(launched: Launched, instance: BubblewrapProcess): Promise<void> {
    const connection = new Connection(launched)
    const firstProcess = await instance.firstProcess
    // It ended before it began; whoever waits for it is told how.
    if (firstProcess === undefined) return
    const inUserNamespace = this.#options.approach === 'user-namespace'
    try {
      await connection.open(inUserNamespace ? instance.processId : firstProcess)
    } catch (error) {
      // That it has ended is told by another way than the end of its connection, and may come after it.
      const stillLives = once(AbortSignal.timeout(endNewsMsMax), 'abort').then(() => true)
      if (await Promise.race([launched.ended.then(() => false), stillLives])) throw error
    }
  }

  #resolver(separate: boolean): Shown {
    const path = separate ? this.#options.files.resolverPath : '/etc/resolv.conf'
    return { path, at: '/etc/resolv.conf' }
  }

  async #start(
    plan: LaunchPlan,
    limits: SandboxLimits,
    folders: SandboxFolders,
    { group, separate }: { group: InstanceLimits; separate: boolean },
  ): Promise<Launched> {
    const { launcher, program, approach, files, hidden, network } = this.#options
    const connected = separate && limits.network !== 'off'
    if (approach === 'user-change') await chown(folders.socketPath, userId, userId)
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
    const filter = files.filterPath === undefined ? [] : ['--seccomp', '5']
    const options = ['--args', '3', '--info-fd', '4', ...filter, '--']
    return await launcher.launch({
      command: '/bin/sh',
      args: ['-c', outside, 'sh', ...around, program, ...options, ...command],
      folder: '/',
      // By this the next server knows what a killed one has left; code does not see it.
      environment: { MILLRACE_SOCKET: folders.socketPath, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      descriptors: descriptors(`${bubblewrapArguments(view).join('\0')}\0`, files.filterPath, connected),
    })
  }
}

/** Output, the arguments of `bwrap`, what it tells, the filter, and the `connectionDescriptors`. */
function descriptors(text: string, filterPath: string | undefined, connected: boolean): Descriptor[] {
  const stream = { kind: 'stream' } as const
  const nothing = { kind: 'nothing' } as const
  const filter = filterPath === undefined ? nothing : ({ kind: 'file', path: filterPath } as const)
  const connection = connected ? [stream, stream, stream] : []
  return [nothing, stream, stream, { kind: 'text', text }, stream, filter, ...connection]
}

class BubblewrapProcess implements SandboxedProcess {
  readonly processId: number
  readonly output
  readonly errorOutput
  readonly exited: Promise<Exit>
  /** The first process inside, as the machine counts; `undefined` when it ended before. */
  readonly firstProcess: Promise<number | undefined>
  readonly #folders: SandboxFolders
  readonly #limits: InstanceLimits
  #ended = false

  constructor(launched: Launched, folders: SandboxFolders, limits: InstanceLimits) {
    this.processId = launched.processId
    this.output = launched.stream(1)
    this.errorOutput = launched.stream(2)
    this.#folders = folders
    this.#limits = limits
    this.firstProcess = firstProcessOf(launched.stream(4)).then(processId => {
      if (processId !== undefined && !this.#ended) limits.began(processId)
      return processId
    })
    this.exited = ending(launched, () => {
      this.kill()
      this.#ended = true
    }).then(async exit => {
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
function firstProcessOf(stream: Duplex): Promise<number | undefined> {
  return new Promise(resolve => {
    let text = ''
    stream.setEncoding('utf8')
    stream.on('error', () => {})
    stream.on('close', () => resolve(undefined))
    // It is read to its end: `bwrap` writes more, and dies when nobody reads.
    stream.on('data', (chunk: string) => {
      if (text.length < firstWordsLengthMax) text += chunk
      const found = /"child-pid":\s*(\d+)/.exec(text)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
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
