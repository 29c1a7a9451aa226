import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from '@millrace/pattern'
import { resultTable, runScenario } from '../harness/index.ts'
import type { Scenario, ScenarioContext, ScenarioRow } from '../scenario.ts'
import { readLots } from './lots.ts'
import { compareCosts, measure, type Measured } from './measure.ts'
import { runEventRuler, runQuamina, type PeerOutcome } from './peers.ts'
import { ruleSets, type RuleSet } from './rule-sets.ts'
import { scaleSets } from './scale-sets.ts'

const manyRules = 100_000
const fewRules = 100
const costRatioMax = 1.5
const eventCount = 30_000

/** JSON text in, rule ids out, on one core. */
export const scenario: Scenario = {
  name: 'matching',
  title: 'Matching events against rules',
  compared:
    'JSON text in, rule ids out, one core: @millrace/pattern, event-ruler and quamina; 100 rules and 100,000.',
  goal: 'at least 3 × event-ruler (1.5 × with nested lists), above quamina; 100,000 rules at most 1.5 × the cost of 100',
  run: async context => {
    const lots = readLots(context.quick ? 2_000 : eventCount)
    const notes = [
      `${lots.events.length} events, ${lots.origin}, ${averageSize(lots.events)} bytes on average`,
    ]
    const peers = await peerRows(context, lots.events, notes)
    const scale = scaleRows(context, lots.events)
    return { rows: [...parseRows(context, lots.events), ...peers, ...scale], notes }
  },
}

function averageSize(events: readonly Buffer[]): number {
  return Math.round(events.reduce((sum, event) => sum + event.length, 0) / events.length)
}

/** What merely parsing costs, to see the figures in proportion. */
function parseRows(context: ScenarioContext, events: readonly Buffer[]): ScenarioRow[] {
  let best = 0
  for (let round = 0; round < (context.quick ? 1 : 5); round += 1) {
    const start = performance.now()
    for (const event of events) JSON.parse(event.toString())
    best = Math.max(best, events.length / ((performance.now() - start) / 1_000))
  }
  return [{ label: 'JSON.parse alone', value: best, unit: 'events/s' }]
}

async function peerRows(
  context: ScenarioContext,
  events: readonly Buffer[],
  notes: string[],
): Promise<ScenarioRow[]> {
  const sets = ruleSets()
  const seconds = context.quick ? 0.1 : 3
  const order = {
    events,
    sets,
    secondsPerSet: seconds,
    folder: await context.folder(),
    signal: context.signal,
  }
  const own = (): Map<string, Measured> =>
    new Map(sets.map(set => [set.name, measure(compile(set.rules), events, seconds)]))
  // Before and after the peers, and the better of both: each side gets its share of a machine that others use.
  context.log('@millrace/pattern')
  const before = own()
  context.log('event-ruler')
  const outcomes = [await runEventRuler(order)]
  context.log('quamina')
  outcomes.push(await runQuamina(order))
  context.log('@millrace/pattern again')
  const after = own()
  for (const outcome of outcomes) {
    if ('unavailable' in outcome)
      notes.push(`${outcome.peer} could not be built here: ${outcome.unavailable}`)
  }
  return sets.flatMap(set => {
    const measured = better(before.get(set.name), after.get(set.name))
    return measured === undefined ? [] : rowsOf(set, measured, outcomes, notes)
  })
}

function better(one: Measured | undefined, other: Measured | undefined): Measured | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one.eventsPerSecond > other.eventsPerSecond ? one : other
}

function rowsOf(
  set: RuleSet,
  own: Measured,
  outcomes: readonly PeerOutcome[],
  notes: string[],
): ScenarioRow[] {
  const rows: ScenarioRow[] = [
    { label: `${set.name}, ${set.rules.length} rules`, value: own.eventsPerSecond, unit: 'events/s' },
  ]
  for (const outcome of outcomes) {
    if ('unavailable' in outcome) continue
    const figure = outcome.figures.get(set.name)
    if (figure?.rate === undefined) {
      notes.push(`${outcome.peer} cannot run the set ${set.name}: ${figure?.error ?? 'it gave no figure'}`)
      continue
    }
    const goal = outcome.peer === 'event-ruler' ? set.goal : 1
    const ratio = own.eventsPerSecond / figure.rate
    const isEqual = sameCounts(own.counts, figure.counts ?? {}, `${set.name}, ${outcome.peer}`, notes)
    rows.push({
      label: `  beside ${outcome.peer}`,
      value: figure.rate,
      unit: 'events/s',
      ratio,
      goal: `≥ ${goal} ×, same matches`,
      met: ratio >= goal && isEqual,
    })
  }
  return rows
}

function sameCounts(
  own: Readonly<Record<string, number>>,
  peer: Readonly<Record<string, number>>,
  where: string,
  notes: string[],
): boolean {
  const names = new Set([...Object.keys(own), ...Object.keys(peer)])
  const different = [...names].filter(name => own[name] !== peer[name])
  for (const name of different)
    notes.push(`${where}: ${name} matches ${own[name] ?? 0}, the peer says ${peer[name] ?? 0}`)
  return different.length === 0
}

function scaleRows(context: ScenarioContext, events: readonly Buffer[]): ScenarioRow[] {
  const lots = events.slice(0, fewRules).map(lotOf)
  const many = context.quick ? 2_000 : manyRules
  return scaleSets(lots).flatMap(set => {
    context.log(`${many} rules: ${set.name}`)
    const rules = Array.from({ length: many }, (_, index) => set.rule(index))
    const large = compile(rules)
    const costs = compareCosts(compile(rules.slice(0, fewRules)), large, events, context.quick ? 0.1 : 4)
    const ratio = costs.many / costs.few
    return [
      { label: `${set.name}, ${fewRules} rules`, value: costs.few, unit: 'ns/event' },
      {
        label: `  ${many} rules`,
        value: costs.many,
        unit: 'ns/event',
        ratio,
        goal: `≤ ${costRatioMax} × 100 rules`,
        met: ratio <= costRatioMax,
      },
      { label: '  adding and deleting one more', value: changeCost(large, set.rule(many)), unit: 'ns' },
    ]
  })
}

/** One rule comes and goes in a full matcher. */
function changeCost(
  matcher: ReturnType<typeof compile<string>>,
  [name, pattern]: readonly [string, object],
): number {
  const times = 2_000
  const start = process.hrtime.bigint()
  for (let time = 0; time < times; time += 1) {
    matcher.add(name, pattern)
    matcher.delete(name)
  }
  return Number(process.hrtime.bigint() - start) / times
}

function lotOf(event: Buffer): string {
  const { properties } = JSON.parse(event.toString()) as { properties: { MAPBLKLOT: string } }
  return properties.MAPBLKLOT
}

// Started by itself the scenario prints its table and stores nothing; `npm run bench -- matching` does both.
if (import.meta.main) {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  const quick = process.argv.includes('--quick')
  const signal = new AbortController().signal
  const { rows, notes } = await runScenario(scenario, {
    root,
    quick,
    signal,
    log: line => console.log(`  ${line}`),
  })
  for (const line of [...resultTable(rows), ...(notes ?? [])]) console.log(line)
}
