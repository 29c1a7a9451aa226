import type { RuleSpec } from '../resources/index.ts'

/** Where a range of the log begins or ends: a position, or the time of acceptance in milliseconds since the epoch. */
export type ReplayBound = { readonly position: number } | { readonly timeMs: number }

export interface ReplayRequest {
  /** Key of the bus. */
  readonly bus: string
  readonly rule: string
  /** The first event; default the oldest retained one. */
  readonly from?: ReplayBound
  /** The first event that is left out; default the position that the next event will get. */
  readonly to?: ReplayBound
  /** Targets of the rule by id; default all. */
  readonly targets?: readonly string[]
  /** Deliveries put per second at most, of all targets together; default no limit. */
  readonly ratePerSecondMax?: number
  /** Whether events carry the replay's mark as `millracereplay`; default true. */
  readonly marked?: boolean
  /** The mark: 1 to 128 letters, digits, `-`, `_` and `.`; default the id. */
  readonly mark?: string
  /** Events must match this pattern besides that of the rule; default all. */
  readonly filter?: ReplayFilter
  /** Reads and counts, delivers nothing and leaves nothing behind. */
  readonly dryRun?: boolean
}

/** A pattern, checked by whoever asks for the replay. */
export type ReplayFilter = Pick<RuleSpec, 'pattern' | 'dialect'>

/** A replay as it is stored under `replay/<bus>/<id>`. How far it has come is in cursors. */
export interface ReplayRecord {
  readonly id: string
  readonly bus: string
  readonly rule: string
  readonly targets: readonly string[]
  /** First position. */
  readonly from: number
  /** First position that is left out. */
  readonly to: number
  readonly ratePerSecondMax?: number
  readonly marked: boolean
  readonly mark?: string
  readonly filter?: ReplayFilter
  readonly createdAtMs: number
  /** `running` until everything it put into the queues has ended. */
  readonly state: 'running' | 'done' | 'cancelled'
  readonly endedAtMs?: number
  /** Events that matched; final once it is not running. */
  readonly matched: number
}

export interface ReplayStatus extends Omit<ReplayRecord, 'state'> {
  /** `dry-run` for an answer that has only counted; `delivering` when all was read and deliveries are pending. */
  readonly state: 'reading' | 'delivering' | 'done' | 'cancelled' | 'dry-run'
  /** Position of the next event to read. */
  readonly position: number
  /** Deliveries pending, or, for a dry run, the deliveries that there would be. */
  readonly deliveries: number
}

/** Replays of one bus that run at the same time. */
export const runningReplaysMax = 10

/** Replays that have ended and are still listed, per bus; the oldest are forgotten. */
export const endedReplaysMax = 100

export const replayPrefix = 'replay/'

export function replayKey(bus: string, id: string): string {
  return `${replayPrefix}${bus}/${id}`
}

/** Also the name of the cursor. */
export function replayCursor(bus: string, id: string): string {
  return `replay/${bus}/${id}`
}
