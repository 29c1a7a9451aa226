import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the kernel's clock in a second, as `/proc` counts; the same on every architecture of Linux. */
const ticksPerSecond = 100

/** A process and all that descend from it, by `/proc`. What loses its parent goes to the first process of a sandbox. */
export function descendants(processId: number): number[] {
  const found = [processId]
  for (let index = 0; index < found.length; index++) {
    for (const child of children(found[index] as number)) found.push(child)
  }
  return found
}

function children(processId: number): number[] {
  try {
    return readdirSync(`/proc/${processId}/task`).flatMap(thread =>
      (read(`/proc/${processId}/task/${thread}/children`) ?? '')
        .split(' ')
        .filter(text => text !== '')
        .map(Number),
    )
  } catch {
    return []
  }
}

/** Memory of its own that a process holds, without what it shares with files. */
export function ownMemoryKiB(processId: number): number {
  const status = read(`/proc/${processId}/status`) ?? ''
  const kibibytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return kibibytes('RssAnon') + kibibytes('RssShmem')
}

/** Processor time that a process and its children that have ended have used. */
export function usedCpuMs(processId: number): number {
  const stat = read(`/proc/${processId}/stat`) ?? ''
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0)
  return (ticks * 1_000) / ticksPerSecond
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
