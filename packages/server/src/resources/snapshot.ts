import type { Matcher } from '@millrace/pattern'
import type { BusSpec } from './bus.ts'
import type { FunctionSpec } from './function.ts'
import type { RuleSpec } from './rule.ts'

/**
 * A rule as it stood between two positions of its bus. Routing an event at position p asks the versions with
 * `from <= p < until`: every event meets the rules that were live when it was accepted, however late it is routed.
 */
export interface RuleVersion {
  readonly account: string
  readonly bus: string
  readonly rule: string
  readonly spec: RuleSpec
  readonly from: number
  /** `Infinity` for the version that is live now. */
  readonly until: number
}

/** A rule as it is now. */
export interface RuleView {
  readonly name: string
  readonly spec: RuleSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface BusView {
  readonly account: string
  readonly name: string
  /** `account/name`; also the name of the log. */
  readonly key: string
  readonly spec: BusSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly rules: ReadonlyMap<string, RuleView>
  /** Finds the versions, live or past but still needed, whose pattern matches. Filter by position afterwards. */
  readonly matcher: Pick<Matcher<RuleVersion>, 'match' | 'size'>
  /** All those versions, for explanations. */
  versions(): Iterable<RuleVersion>
}

export interface FunctionView {
  readonly account: string
  readonly name: string
  /** `account/name`. */
  readonly key: string
  readonly spec: FunctionSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What the data plane reads: swapped as a whole at each change, never read from storage per event. */
export interface Snapshot {
  readonly revision: number
  /** By `account/name`. */
  readonly buses: ReadonlyMap<string, BusView>
  /** By `account/name`. */
  readonly functions: ReadonlyMap<string, FunctionView>
}

/** Where the data plane gets the current snapshot, and learns of a new one. */
export interface Snapshots {
  current(): Snapshot
  /** Called after each swap, in order. */
  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable
}
