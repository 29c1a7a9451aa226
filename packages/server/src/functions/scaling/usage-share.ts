import type { Pool } from '../pool/index.ts'
import type { TrackingPolicy } from './policies.ts'

/** Processor time that instances had used when they were last asked, by instance id, and when that was. */
export interface CpuMarks {
  readonly atMs: number
  readonly usedMs: ReadonlyMap<string, number>
}

/** What share of what there is the pool uses, by each metric; `undefined` where it cannot be known. */
export type Shares = Readonly<Record<TrackingPolicy['metric'], number | undefined>>

/** Of the places of the instances that are kept; of the cores and the memory of those that run. */
export function sharesOf(pool: Pool, kept: number, marks: CpuMarks | undefined, nowMs: number): Shares {
  const { concurrencyPerInstance, cpu, memoryMiB } = pool.deployment.spec
  const places = Math.max(1, kept) * concurrencyPerInstance
  return {
    concurrency: Math.min(1, pool.leased / places),
    cpu: cpuShare(pool, cpu, marks, nowMs),
    memory: mean(
      pool.instances().map(({ process }) => {
        const usedKiB = process.memoryKiB()
        return usedKiB === undefined ? undefined : usedKiB / (memoryMiB * 1_024)
      }),
    ),
  }
}

export function markCpu(pools: Iterable<Pool>, nowMs: number): CpuMarks {
  const usedMs = new Map<string, number>()
  for (const pool of pools) {
    for (const { id, process } of pool.instances()) {
      const used = process.cpuMs()
      if (used !== undefined) usedMs.set(id, used)
    }
  }
  return { atMs: nowMs, usedMs }
}

function cpuShare(pool: Pool, cpu: number, marks: CpuMarks | undefined, nowMs: number): number | undefined {
  const passedMs = nowMs - (marks?.atMs ?? nowMs)
  if (marks === undefined || passedMs <= 0) return undefined
  return mean(
    pool.instances().map(({ id, process }) => {
      const [before, now] = [marks.usedMs.get(id), process.cpuMs()]
      return before === undefined || now === undefined ? undefined : (now - before) / (passedMs * cpu)
    }),
  )
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined)
  if (known.length === 0) return undefined
  return known.reduce((sum, value) => sum + value, 0) / known.length
}
