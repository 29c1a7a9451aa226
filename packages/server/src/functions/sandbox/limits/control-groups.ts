import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { SandboxLimits } from '../sandbox.ts'
import { quoted } from '../shell.ts'
import { type InstanceLimits, type LimitsMechanism, processesMax } from './mechanism.ts'

/** Where the groups of instances lie: a folder in each hierarchy. With version 2 there is one, so all are the same. */
export interface GroupFolders {
  readonly version: 1 | 2
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

/** Period over which processor time is shared out. */
const cpuPeriodUs = 100_000
/** The kernel takes no smaller share of a period. */
const cpuQuotaUsMin = 1_000

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

  constructor(folders: GroupFolders) {
    this.#folders = folders
    const enter = distinct(folders).map(folder => `echo $$ >${quoted(join(folder, 'cgroup.procs'))}`)
    this.outside = `{ ${enter.join(' && ')}; } || exit 125; `
  }

  make(limits: SandboxLimits): void {
    for (const folder of distinct(this.#folders)) mkdirSync(folder)
    const { version, memory, pids, cpu } = this.#folders
    const bytes = String(Math.floor(limits.memoryMiB * 1_048_576))
    const quota = Math.max(cpuQuotaUsMin, Math.round(limits.cpu * cpuPeriodUs))
    writeFileSync(join(pids, 'pids.max'), String(processesMax))
    if (version === 2) {
      writeFileSync(join(memory, 'memory.max'), bytes)
      writeIfThere(join(memory, 'memory.swap.max'), '0')
      writeIfThere(join(memory, 'memory.oom.group'), '1')
      writeFileSync(join(cpu, 'cpu.max'), `${quota} ${cpuPeriodUs}`)
    } else {
      writeFileSync(join(memory, 'memory.limit_in_bytes'), bytes)
      writeIfThere(join(memory, 'memory.memsw.limit_in_bytes'), bytes)
      writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(cpuPeriodUs))
      writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(quota))
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
