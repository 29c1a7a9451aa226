import type { EventFacts, PatternKind } from './pattern-kinds.ts'

/** A rule as it was asked for, as far as the model needs it. */
export interface RuleShape {
  /** Unique; also the description of the rule in the engine, by which it is known again after a crash. */
  readonly mark: string
  readonly kind: PatternKind
  readonly isEnabled: boolean
  readonly start: 'tip' | 'oldest'
  readonly targets: readonly TargetShape[]
}

export interface TargetShape {
  readonly id: string
  readonly sink: string
  readonly deadLetter: string | undefined
  readonly isOrdered: boolean
  readonly concurrencyMax: number
  readonly ratePerSecondMax: number | undefined
  readonly isPaused: boolean
}

/**
 * One change of a rule. It took effect at a position between `lo` and `hi`: what a producer knew to be accepted before
 * the change lies below `lo`, what was sent after its answer lies at or above `hi`. `hi` is infinite while no answer
 * has come.
 */
export interface Change {
  readonly lo: number
  hi: number
  /** `undefined` deletes the rule. */
  readonly shape: RuleShape | undefined
  /** Whether the rule was not there before: only then does `start` count. */
  readonly isCreation: boolean
  /** Refused after all: only events within the span may have met it. */
  isReverted: boolean
  /** For a rule that reads from the oldest event: from where on it must have read it; `undefined` for any other. */
  oldestFrom: number | undefined
}

/** How often a delivery must and may end. */
export interface Expectation {
  readonly least: number
  readonly most: number
}

/** The history of one rule as its owner knows it. */
export class RuleModel {
  readonly changes: Change[] = []
  /** A change that was asked for and not answered. */
  underWay: Change | undefined

  /** What the rule is now, by what was answered. */
  get shape(): RuleShape | undefined {
    return this.changes.findLast(change => change !== this.underWay && !change.isReverted)?.shape
  }

  /** Whether the rule ever was there. */
  get isNew(): boolean {
    return this.changes.every(change => change.isReverted)
  }

  begin(lo: number, shape: RuleShape | undefined): Change {
    const change: Change = {
      lo,
      hi: Number.POSITIVE_INFINITY,
      shape,
      isCreation: this.shape === undefined,
      isReverted: false,
      oldestFrom: undefined,
    }
    this.changes.push(change)
    this.underWay = change
    return change
  }

  end(change: Change, hi: number, isReverted: boolean): void {
    change.hi = hi
    change.isReverted = isReverted
    if (this.underWay === change) this.underWay = undefined
  }

  /** Forms that the rule may have had when the event at this position was accepted; `undefined` stands for none. */
  possible(position: number): Set<RuleShape | undefined> {
    let shapes = new Set<RuleShape | undefined>([undefined])
    for (const { lo, hi, shape, isReverted } of this.changes) {
      if (position >= hi && !isReverted) shapes = new Set([shape])
      else if (position >= lo && position < hi) shapes.add(shape)
    }
    return shapes
  }

  /** How often the delivery of an event to a target must and may end, replays aside. */
  expect(position: number, facts: EventFacts, target: string): Expectation {
    const shapes = this.possible(position)
    let matching = 0
    for (const shape of shapes) if (isSent(shape, facts, target)) matching++
    const routed = { least: matching === shapes.size ? 1 : 0, most: matching > 0 ? 1 : 0 }
    const past = this.#expectPast(position, facts, target)
    return { least: routed.least + past.least, most: routed.most + past.most }
  }

  /** Whether nothing that can still happen changes what is expected for a position. */
  isCertain(position: number): boolean {
    return this.underWay === undefined || position < this.underWay.lo
  }

  /** Whether the target may have been removed after the event was routed to it. */
  mayBeRemovedAfter(position: number, target: string): boolean {
    return this.changes.some(
      ({ hi, shape }) => hi > position && shape?.targets.every(({ id }) => id !== target) !== false,
    )
  }

  /** Target ids that any form of the rule had. */
  targets(): Set<string> {
    return new Set(this.changes.flatMap(({ shape }) => shape?.targets.map(({ id }) => id) ?? []))
  }

  /** A rule that starts at the oldest event is given what was accepted before it was made. */
  #expectPast(position: number, facts: EventFacts, target: string): Expectation {
    let least = 0
    let most = 0
    for (const [index, change] of this.changes.entries()) {
      if (!change.isCreation || change.shape?.start !== 'oldest' || position >= change.hi) continue
      const later = this.changes.slice(index)
      if (!later.some(({ shape }) => isSent(shape, facts, target))) continue
      most++
      const isUndisturbed = later.every(
        ({ shape }) => shape !== undefined && isSameReader(shape, change.shape),
      )
      const isAnswered = Number.isFinite(change.hi) && !change.isReverted
      if (isUndisturbed && isAnswered && position < change.lo && position >= (change.oldestFrom ?? Infinity))
        least++
    }
    return { least: Math.min(least, 1), most: Math.min(most, 1) }
  }
}

function isSent(shape: RuleShape | undefined, facts: EventFacts, target: string): boolean {
  return (
    shape?.isEnabled === true && shape.targets.some(({ id }) => id === target) && shape.kind.matches(facts)
  )
}

function isSameReader(left: RuleShape, right: RuleShape | undefined): boolean {
  return (
    left.kind === right?.kind &&
    left.isEnabled === right.isEnabled &&
    left.targets.map(({ id }) => id).join() === right.targets.map(({ id }) => id).join()
  )
}
