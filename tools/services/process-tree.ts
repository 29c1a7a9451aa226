import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const pollMs = 20

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessMark {
  readonly id: number
  /** Ticks from the start of the machine; `undefined` where the system does not tell. */
  readonly startedAt: string | undefined
}

interface ProcessStatus {
  readonly parent: number
  readonly state: string
  /** A process whose first thread has ended still holds its ports while others end. */
  readonly threads: number
  readonly startedAt: string
}

/** Marks a running process. */
export function markProcess(id: number): ProcessMark {
  return { id, startedAt: statusOf(id)?.startedAt }
}

/** Whether the marked process still runs; one that ended and was not collected does not. */
export function isAlive(mark: ProcessMark): boolean {
  try {
    process.kill(mark.id, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const status = statusOf(mark.id)
  if (status === undefined) return mark.startedAt === undefined
  if (status.state === 'Z' && status.threads <= 1) return false
  return mark.startedAt === undefined || status.startedAt === mark.startedAt
}

/** The process and all that descend from it, as far as the system tells. */
export function processTree(root: ProcessMark): ProcessMark[] {
  if (!isAlive(root)) return []
  const children = new Map<number, number[]>()
  for (const id of processIds()) {
    const parent = statusOf(id)?.parent
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  const tree = [root]
  for (const { id } of tree) tree.push(...(children.get(id) ?? []).map(markProcess))
  return tree
}

/** Sends the signal to those that still run. */
export function signalAll(marks: readonly ProcessMark[], signal: NodeJS.Signals): void {
  for (const mark of marks) {
    if (!isAlive(mark)) continue
    try {
      process.kill(mark.id, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** Resolves with whether all ended within the time. */
export async function haveEnded(marks: readonly ProcessMark[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (marks.some(isAlive)) {
    if (performance.now() > deadline) return false
    await pause(pollMs)
  }
  return true
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(id => Number.isInteger(id))
  } catch {
    return []
  }
}

function statusOf(id: number): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8')
    // The name in brackets may hold spaces and brackets; what follows it does not.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      threads: Number(fields[17]),
      startedAt: fields[19] ?? '',
    }
  } catch {
    return undefined
  }
}
