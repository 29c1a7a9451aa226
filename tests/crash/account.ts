import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@millrace/sdk'
import type { Ledger } from './ledger.ts'
import { type LoadRule, loadRules } from './load.ts'

/** What became of the events of one rule. */
export interface RuleAccount {
  readonly rule: LoadRule
  readonly expected: number
  readonly arrived: number
  /** Arrivals beyond the first of an event. */
  readonly repeated: number
  readonly lost: number
  /** Arrivals of events that are not stored, or that the rule does not match. */
  readonly strangers: number
}

/** Nothing has arrived for so long: what is missing is lost. */
const silenceMsMax = 30_000

/**
 * Compares the ledger with the log of the server, then waits until everything stored has arrived by every rule, or
 * nothing has arrived any more for a long time. Problems are sentences; none means that no promise was broken.
 */
export async function account(
  client: Client,
  ledger: Ledger,
): Promise<{ rules: RuleAccount[]; stored: number; problems: string[] }> {
  const { stored, problems } = await compareLog(client, ledger)
  await arrivalOf(stored, ledger)
  const rules = loadRules.map(rule => accountRule(rule, stored, ledger))
  for (const { rule, lost, strangers } of rules) {
    if (lost > 0) problems.push(`${rule.name}: ${lost} stored events have not arrived`)
    if (strangers > 0) problems.push(`${rule.name}: ${strangers} events arrived that should not have`)
  }
  return { rules, stored: stored.size, problems }
}

/** Every acknowledged event must lie at the position that was told, once. */
async function compareLog(
  client: Client,
  ledger: Ledger,
): Promise<{ stored: Set<string>; problems: string[] }> {
  const problems: string[] = []
  const stored = new Set<string>()
  const { next } = (await client.buses.status('load')) as { next: number }
  for (let from = 1; from < next; from += 500) {
    const { items } = await client.events.list('load', { from, limit: Math.min(500, next - from) })
    for (const { position, event } of items) {
      const id = String(event['id'])
      const told = ledger.acknowledged.get(id)
      if (stored.has(id)) problems.push(`${id} is stored twice, the second time at ${position}`)
      if (told !== undefined && told !== position)
        problems.push(`${id} was told ${told} and lies at ${position}`)
      stored.add(id)
    }
  }
  for (const id of ledger.acknowledged.keys())
    if (!stored.has(id)) problems.push(`${id} was acknowledged and is not stored`)
  return { stored, problems }
}

async function arrivalOf(stored: ReadonlySet<string>, ledger: Ledger): Promise<void> {
  const isComplete = (): boolean => loadRules.every(rule => accountRule(rule, stored, ledger).lost === 0)
  let arrivals = ledger.arrivals
  let changedAtMs = performance.now()
  while (!isComplete()) {
    await pause(100)
    if (ledger.arrivals !== arrivals) {
      arrivals = ledger.arrivals
      changedAtMs = performance.now()
    } else if (performance.now() - changedAtMs > silenceMsMax) return
  }
}

function accountRule(rule: LoadRule, stored: ReadonlySet<string>, ledger: Ledger): RuleAccount {
  const arrived = ledger.of(rule.name)
  let expected = 0
  let lost = 0
  for (const id of stored) {
    if (!rule.expects(id)) continue
    expected++
    if (!arrived.has(id)) lost++
  }
  let repeated = 0
  let strangers = 0
  for (const [id, count] of arrived) {
    repeated += count - 1
    if (!stored.has(id) || !rule.expects(id)) strangers++
  }
  return { rule, expected, arrived: arrived.size, repeated, lost, strangers }
}
