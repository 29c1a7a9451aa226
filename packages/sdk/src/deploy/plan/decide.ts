import type { CurrentItem } from '../item.ts'
import { type Difference, differences } from './difference.ts'

/** What is known of one item of a wiring. */
export interface Sight {
  readonly wanted: unknown
  readonly digest: string
  readonly current: CurrentItem | undefined
  /** How it was left when the wiring was applied last. */
  readonly noted: { readonly digest: string; readonly revision: number } | undefined
}

export interface Decision {
  readonly change: 'create' | 'change' | 'none'
  /** Somebody else has changed or deleted it since the wiring was applied. */
  readonly drifted: boolean
  /** Empty for a change that only lets members go back to their defaults. */
  readonly differences: readonly Difference[]
}

/** What has to be done so that an item is as it is wanted. */
export function decide({ wanted, digest, current, noted }: Sight): Decision {
  if (current === undefined) return { change: 'create', drifted: noted !== undefined, differences: [] }
  const found = differences(wanted, current.spec)
  const isAsNoted = noted === undefined || noted.digest === digest
  if (found.length === 0 && isAsNoted) return { change: 'none', drifted: false, differences: [] }
  const drifted = noted !== undefined && noted.digest !== '' && noted.revision !== current.revision
  return { change: 'change', drifted, differences: found }
}
