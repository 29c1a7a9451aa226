import type { Instance } from './instance.ts'
import type { StartPhases } from './start.ts'

/** One instance of a pool. */
export interface Member {
  readonly instance: Instance
  readonly phases: StartPhases
  /** Which make-up of the function it serves; those of an earlier one are draining. */
  readonly generation: number
  readonly revision: number
  readonly startedAtMs: number
  leases: number
  /** Invocations that it was given. */
  granted: number
  /** Nobody has used it yet. */
  fresh: boolean
  idleSinceMs: number
  /** The pool has asked it to end. */
  dismissed: boolean
}

export function isServing({ instance }: Member): boolean {
  const { state } = instance
  return state !== 'draining' && state !== 'gone'
}

/** The fullest instance that has room: so the others become idle and end. `isWell`: of those that are, or are not. */
export function fullestWithRoom(
  members: Iterable<Member>,
  concurrency: number,
  isWell = true,
): Member | undefined {
  let best: Member | undefined
  for (const member of members) {
    const { state } = member.instance
    if (state !== 'idle' && state !== 'busy') continue
    if (member.leases >= concurrency || member.instance.isWell !== isWell) continue
    if (best === undefined || member.leases > best.leases) best = member
    if (best.leases === concurrency - 1) break
  }
  return best
}

export function longestIdle(members: Iterable<Member>): Member | undefined {
  let longest: Member | undefined
  for (const member of members) {
    if (member.instance.state !== 'idle' || member.leases > 0) continue
    if (longest === undefined || member.idleSinceMs < longest.idleSinceMs) longest = member
  }
  return longest
}
