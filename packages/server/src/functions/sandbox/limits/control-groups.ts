import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { SandboxLimits } from '../sandbox.ts'
import { quoted } from '../shell.ts'
import {
  allInstancesSettings,
  bootQuota,
  type GroupSetting,
  type GroupVersion,
  instanceSettings,
  quotaSettings,
  spareSettings,
  weightSettings,
} from './group-settings.ts'
import type { InstanceLimits, LimitsMechanism } from './mechanism.ts'

/** Where the groups of instances lie: a folder in each hierarchy. With version 2 there is one, so all are the same. */
export interface GroupFolders {
  readonly version: GroupVersion
  readonly memory: string
  readonly pids: string
  readonly cpu: string
  readonly cpuUsage: string
  /** `undefined` where processes cannot be frozen by their group. */
  readonly freezer: string | undefined
}

/** The kernel forgets a killed process when it has taken it apart; then its group can be removed. */
const removalTries = 100
const removalPauseMs = 20

/** The folder name of all groups of one server, made from its data folder, so that the next start finds them. */
export function groupName(dataFolder: string): string {
  return `millrace-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)}`
}

/** Limits by control groups of the kernel, one for each instance, in folders that are already there and writable. */
export class ControlGroups implements LimitsMechanism {
  readonly kind: string
  readonly weaknesses: readonly string[]
  readonly #folders: GroupFolders
  readonly #earlier: GroupFolders | undefined

  /** `earlier`: where a server with the same data folder had its groups, when that was elsewhere. */
  constructor(folders: GroupFolders, earlier: GroupFolders | undefined) {
    this.#folders = folders
    this.#earlier = earlier
    this.kind = `cgroup v${folders.version}`
    this.weaknesses = []
  }

  open(name: string, limits: SandboxLimits): InstanceLimits {
    const group = new ControlGroup(mapFolders(this.#folders, folder => join(folder, name)))
    try {
      group.make(limits)
    } catch (error) {
      void group.close()
      throw error
    }
    return group
  }

  async removeLeftovers(): Promise<void> {
    await removeBelow(this.#folders)
    if (this.#earlier === undefined) return
    await removeBelow(this.#earlier)
    await new ControlGroup(this.#earlier).close()
  }

  async close(): Promise<void> {
    await new ControlGroup(this.#folders).close()
  }
}

/** Gives the group of all instances its settings. */
export function limitAllInstances(folders: GroupFolders): void {
  apply(folders, allInstancesSettings(folders.version))
}

function apply(folders: GroupFolders, settings: readonly GroupSetting[]): void {
  for (const { hierarchy, file, text, mayBeMissing } of settings) {
    const path = join(folders[hierarchy], file)
    if (mayBeMissing === true) writeIfThere(path, text)
    else writeFileSync(path, text)
  }
}

/** Ends and removes all groups in the folders. */
async function removeBelow(folders: GroupFolders): Promise<void> {
  const names = new Set<string>()
  for (const folder of distinct(folders)) {
    if (!existsSync(folder)) continue
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) names.add(entry.name)
    }
  }
  const close = (name: string): Promise<void> =>
    new ControlGroup(mapFolders(folders, folder => join(folder, name))).close()
  await Promise.all([...names].map(close))
}

class ControlGroup implements InstanceLimits {
  readonly outside: string
  readonly inside = ''
  readonly #folders: GroupFolders
  #cpu = 0
  #isSpare = false

  constructor(folders: GroupFolders) {
    this.#folders = folders
    // 0 stands for whoever writes it. For any other number the kernel first waits until no process of the machine can
    // be forking, some 15 ms; with version 2 it does so in any case, unless mounted with `favordynmods`.
    const file = folders.version === 1 ? 'tasks' : 'cgroup.procs'
    const enter = distinct(folders).map(folder => `echo 0 >${quoted(join(folder, file))}`)
    this.outside = `{ ${enter.join(' && ')}; } || exit 125; `
  }

  make(limits: SandboxLimits): void {
    for (const folder of distinct(this.#folders)) mkdirSync(folder)
    const { version } = this.#folders
    this.#cpu = limits.cpu
    apply(this.#folders, [
      ...instanceSettings(version, limits),
      ...quotaSettings(version, bootQuota(limits.cpu)),
    ])
    if (limits.isSpare === undefined) return
    this.#isSpare = true
    apply(this.#folders, spareSettings(true))
  }

  booted(): void {
    const { version } = this.#folders
    try {
      if (this.#isSpare)
        apply(this.#folders, [...spareSettings(false), ...weightSettings(version, this.#cpu)])
      if (this.#cpu < bootQuota(this.#cpu)) apply(this.#folders, quotaSettings(version, this.#cpu))
    } catch {
      // Its group is gone, and it with it; or it cannot be limited, and then it must not run.
      this.kill()
    }
  }

  began(): void {}

  kill(): void {
    // A frozen process of version 1 dies only when it thaws.
    this.thaw()
    if (this.#folders.version === 2 && writeIfThere(join(this.#folders.pids, 'cgroup.kill'), '1')) return
    for (const processId of this.#processes()) {
      try {
        process.kill(processId, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  freeze(): void {
    this.#freeze('FROZEN', '1')
  }

  thaw(): void {
    this.#freeze('THAWED', '0')
  }

  #freeze(first: string, second: string): void {
    const { version, freezer } = this.#folders
    if (freezer === undefined) return
    writeIfThere(
      join(freezer, version === 1 ? 'freezer.state' : 'cgroup.freeze'),
      version === 1 ? first : second,
    )
  }

  memoryKiB(): number | undefined {
    const { version, memory } = this.#folders
    const usage = read(join(memory, version === 1 ? 'memory.usage_in_bytes' : 'memory.current'))
    if (usage === undefined) return undefined
    // Pages of files can be taken back at any time: they are nobody's need.
    const key = version === 1 ? 'total_inactive_file' : 'inactive_file'
    const inactive = numberIn(read(join(memory, 'memory.stat')), key) ?? 0
    return Math.max(0, Math.round((Number(usage) - inactive) / 1_024))
  }

  cpuMs(): number | undefined {
    const { version, cpuUsage } = this.#folders
    if (version === 2) {
      const microseconds = numberIn(read(join(cpuUsage, 'cpu.stat')), 'usage_usec')
      return microseconds === undefined ? undefined : microseconds / 1_000
    }
    const nanoseconds = read(join(cpuUsage, 'cpuacct.usage'))
    return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1_000_000
  }

  ranOutOfMemory(): boolean {
    const { version, memory } = this.#folders
    const text = read(join(memory, version === 1 ? 'memory.oom_control' : 'memory.events'))
    return (numberIn(text, 'oom_kill') ?? 0) > 0
  }

  async close(): Promise<void> {
    for (let turn = 0; turn < removalTries; turn++) {
      this.kill()
      if (distinct(this.#folders).every(removeFolder)) return
      await wait(removalPauseMs)
    }
  }

  #processes(): number[] {
    const found = new Set<number>()
    for (const folder of distinct(this.#folders)) {
      for (const line of (read(join(folder, 'cgroup.procs')) ?? '').split('\n')) {
        if (Number(line) > 0) found.add(Number(line))
      }
    }
    return [...found]
  }
}

function distinct({ memory, pids, cpu, cpuUsage, freezer }: GroupFolders): string[] {
  return [...new Set([memory, pids, cpu, cpuUsage, ...(freezer === undefined ? [] : [freezer])])]
}

function mapFolders(folders: GroupFolders, change: (folder: string) => string): GroupFolders {
  const { version, memory, pids, cpu, cpuUsage, freezer } = folders
  return {
    version,
    memory: change(memory),
    pids: change(pids),
    cpu: change(cpu),
    cpuUsage: change(cpuUsage),
    freezer: freezer === undefined ? undefined : change(freezer),
  }
}

/** Whether it is gone now. */
function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}

function writeIfThere(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'r+' })
    return true
  } catch {
    return false
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return undefined
  }
}

/** The number after a word at the beginning of a line. */
function numberIn(text: string | undefined, key: string): number | undefined {
  const line = text?.split('\n').find(candidate => candidate.startsWith(`${key} `))
  return line === undefined ? undefined : Number(line.slice(key.length + 1))
}
