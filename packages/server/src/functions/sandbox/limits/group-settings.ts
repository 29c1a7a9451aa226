import type { SandboxLimits } from '../sandbox.ts'
import { processesMax } from './mechanism.ts'

/** Period over which processor time is shared out. */
const cpuPeriodUs = 100_000
/** The kernel takes no smaller share of a period. */
const cpuQuotaUsMin = 1_000
/** While a runtime boots it may use so many cores: slowed down to a tenth of one it would boot for most of a second. */
const bootCores = 1

/**
 * What each version of control groups calls a weight, and the weight of a group that nobody has given one. A process
 * that is in no group of its own weighs as much as such a group.
 */
const weights = {
  1: { file: 'cpu.shares', usual: 1_024, least: 2, most: 262_144 },
  2: { file: 'cpu.weight', usual: 100, least: 1, most: 10_000 },
} as const

/**
 * Weight of all instances together, in that of the server. Half of it was tried: on a machine with other work besides
 * the server, calls took several times as long.
 */
const allInstancesWeight = 1

export type GroupVersion = 1 | 2

/** A file of a control group, by the hierarchy it lies in, and what is written to it. */
export interface GroupSetting {
  readonly hierarchy: 'memory' | 'pids' | 'cpu'
  readonly file: string
  readonly text: string
  /** Not every kernel has the file; the limit that counts does not depend on it. */
  readonly mayBeMissing?: true
}

/**
 * How an instance that is a spare comes to a processor while it boots: whatever else of the instances wakes up takes it at
 * once, instead of waiting until the kernel thinks that the boot has had its turn. It takes back the weight.
 */
export function spareSettings(isBooting: boolean): GroupSetting[] {
  return [{ hierarchy: 'cpu', file: 'cpu.idle', text: isBooting ? '1' : '0', mayBeMissing: true }]
}

/** The limits of an instance from before its first process until it ends, but for its quota of processor time. */
export function instanceSettings(version: GroupVersion, { memoryMiB, cpu }: SandboxLimits): GroupSetting[] {
  const bytes = String(Math.floor(memoryMiB * 1_048_576))
  const memory: GroupSetting[] =
    version === 2
      ? [
          { hierarchy: 'memory', file: 'memory.max', text: bytes },
          { hierarchy: 'memory', file: 'memory.swap.max', text: '0', mayBeMissing: true },
          { hierarchy: 'memory', file: 'memory.oom.group', text: '1', mayBeMissing: true },
        ]
      : [
          { hierarchy: 'memory', file: 'memory.limit_in_bytes', text: bytes },
          { hierarchy: 'memory', file: 'memory.memsw.limit_in_bytes', text: bytes, mayBeMissing: true },
        ]
  return [
    { hierarchy: 'pids', file: 'pids.max', text: String(processesMax) },
    ...memory,
    ...weightSettings(version, cpu),
  ]
}

/**
 * What keeps strangers' code from crowding out the server when processors are scarce: all instances together weigh as
 * much as the server alone, however many they are. The kernel spreads that over the processors they use, so on the one
 * that the server's thread needs they weigh less than it. They still get what nobody else wants.
 */
export function allInstancesSettings(version: GroupVersion): GroupSetting[] {
  return weightSettings(version, allInstancesWeight)
}

/** Cores of which the quota is made while nothing but the runtime itself runs: see `quotaSettings`. */
export function bootQuota(cpu: number): number {
  return Math.max(cpu, bootCores)
}

/** Processor time that an instance may use, as a number of cores. */
export function quotaSettings(version: GroupVersion, cores: number): GroupSetting[] {
  const quota = Math.max(cpuQuotaUsMin, Math.round(cores * cpuPeriodUs))
  if (version === 2) return [{ hierarchy: 'cpu', file: 'cpu.max', text: `${quota} ${cpuPeriodUs}` }]
  return [
    { hierarchy: 'cpu', file: 'cpu.cfs_period_us', text: String(cpuPeriodUs) },
    { hierarchy: 'cpu', file: 'cpu.cfs_quota_us', text: String(quota) },
  ]
}

/** In proportion to the cores that are stated: one core is the usual weight. */
export function weightSettings(version: GroupVersion, cores: number): GroupSetting[] {
  const { file, usual, least, most } = weights[version]
  const text = String(Math.min(most, Math.max(least, Math.round(cores * usual))))
  return [{ hierarchy: 'cpu', file, text, mayBeMissing: true }]
}
