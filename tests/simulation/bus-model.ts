import type { EventFacts } from './pattern-kinds.ts'
import { RuleModel } from './rule-model.ts'

/** An event as the log holds it. */
export interface StoredEvent {
  readonly position: number
  readonly nonce: number
  readonly id: string
  readonly key: string
  readonly facts: EventFacts
  readonly text: string
  readonly acceptedAtMs: number
}

/** An event as it was sent. */
export interface SentEvent {
  readonly nonce: number
  readonly id: string
  readonly key: string
  readonly facts: EventFacts
}

/** One line of the bus's journal that says how a delivery ended. */
export interface JournalLine {
  readonly at: number
  readonly position: number
  readonly rule: string
  readonly target: string
  readonly replay: string | undefined
  readonly ending: string | undefined
  readonly code: string | undefined
}

export interface BusShape {
  readonly name: string
  readonly isRelaxed: boolean
  readonly dedupWindowMs: number
  readonly retentionMs: number
  readonly retentionBytesMax: number
  readonly eventBytesMax: number
}

export interface ReplayModel {
  readonly id: string
  readonly rule: string
  readonly targets: readonly string[]
  readonly from: number
  readonly to: number
  readonly marked: boolean
  readonly matches: (facts: EventFacts) => boolean
  /** Whether the rule or the log changed while it ran, so that it may have delivered less, or by another pattern. */
  isDisturbed: boolean
}

/** What the model knows of one bus: what was sent, what was answered, what the log has shown. */
export class BusModel {
  readonly shape: BusShape
  readonly key: string
  readonly sent = new Map<number, SentEvent>()
  /** Events that the log holds or has held, by position; what a crash took is taken out. */
  readonly events = new Map<number, StoredEvent>()
  readonly positions = new Map<number, number>()
  /** Positions that producers were told, with the event that was meant. */
  readonly acknowledged = new Map<number, StoredEvent | SentEvent>()
  /** Events that were refused with the promise that nothing was stored. */
  readonly refused = new Set<number>()
  readonly rules = new Map<string, RuleModel>()
  readonly replays = new Map<string, ReplayModel>()
  /** Journal lines with an ending, oldest first, and the position of the next line to read. */
  lines: JournalLine[] = []
  journalNext = 1
  /** The log as last looked at. */
  first = 1
  next = 1

  constructor(account: string, shape: BusShape) {
    this.shape = shape
    this.key = `${account}/${shape.name}`
  }

  rule(name: string): RuleModel {
    let rule = this.rules.get(name)
    if (rule === undefined) {
      rule = new RuleModel()
      this.rules.set(name, rule)
    }
    return rule
  }

  /** A crash: what lies at or above these positions is gone. */
  rewind(next: number, journalNext: number): void {
    for (const [position, { nonce }] of this.events) {
      if (position < next) continue
      this.events.delete(position)
      this.positions.delete(nonce)
    }
    this.lines = this.lines.filter(({ at }) => at < journalNext)
    this.journalNext = Math.min(this.journalNext, journalNext)
    this.next = Math.min(this.next, next)
  }
}
