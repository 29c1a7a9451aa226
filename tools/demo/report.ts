import { renderTable } from '@millrace/cli'
import type { DemoEvent } from './input.ts'
import type { ReceiptBook } from './receipts.ts'
import { type DemoRule, demoRules } from './rules.ts'

export interface RuleResult {
  readonly rule: DemoRule
  /** Counted from the input by plain code. */
  readonly matched: number
  readonly arrived: number
  readonly refused: number
  readonly deadLettered: number
  readonly duplicates: number
  /** Matched, yet neither arrived nor dead-lettered. */
  readonly lost: number
  /** Arrived though it does not match. */
  readonly strangers: number
  readonly medianMs: number
  readonly p99Ms: number
}

/** Holds what arrived against what the input says should have arrived, event by event. */
export function accountFor(events: readonly DemoEvent[], book: ReceiptBook): RuleResult[] {
  const deadLetters = book.of('dead-letters').arrivals
  return demoRules.map(rule => {
    const { arrivals, refused, latenciesMs } = book.of(rule.name)
    const expected = new Set(events.filter(rule.matches).map(event => event.id))
    let lost = 0
    let deadLettered = 0
    for (const id of expected) {
      if (arrivals.has(id)) continue
      if (deadLetters.has(`${rule.name}/${id}`)) deadLettered++
      else lost++
    }
    const deliveries = [...arrivals.values()].reduce((sum, count) => sum + count, 0)
    const sorted = latenciesMs.toSorted((left, right) => left - right)
    return {
      rule,
      matched: expected.size,
      arrived: arrivals.size,
      refused,
      deadLettered,
      duplicates: deliveries - arrivals.size,
      lost,
      strangers: [...arrivals.keys()].filter(id => !expected.has(id)).length,
      medianMs: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    }
  })
}

export function resultTable(results: readonly RuleResult[]): string {
  const head = [
    'rule',
    'target',
    'matched',
    'arrived',
    'retried',
    'dead-lettered',
    'twice',
    'lost',
    'p50 ms',
    'p99 ms',
  ]
  const rows = results.map(result => [
    result.rule.name,
    result.rule.behaviour,
    String(result.matched),
    String(result.arrived),
    String(result.refused),
    String(result.deadLettered),
    String(result.duplicates),
    String(result.lost + result.strangers),
    result.arrived === 0 ? '–' : result.medianMs.toFixed(0),
    result.arrived === 0 ? '–' : result.p99Ms.toFixed(0),
  ])
  return renderTable(head, rows)
}
