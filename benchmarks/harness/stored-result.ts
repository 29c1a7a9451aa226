import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scenario, ScenarioResult } from '../scenario.ts'
import { describeMachine, type Machine } from './machine.ts'

/** What `benchmarks/results/<name>.json` holds. */
export interface StoredResult extends ScenarioResult {
  readonly scenario: string
  readonly title: string
  readonly compared: string
  readonly goal: string
  /** Day of the measurement, UTC. */
  readonly date: string
  readonly machine: Machine
  readonly seconds: number
}

export function storedResult(
  scenario: Scenario,
  result: ScenarioResult,
  seconds: number,
  at: Date,
): StoredResult {
  const { name, title, compared, goal } = scenario
  const date = at.toISOString().slice(0, 10)
  return { scenario: name, title, compared, goal, date, machine: describeMachine(), seconds, ...result }
}

/** Writes a result where it is kept, and answers the path from the root. */
export async function storeResult(root: string, result: StoredResult): Promise<string> {
  const path = `benchmarks/results/${result.scenario}.json`
  await mkdir(join(root, 'benchmarks', 'results'), { recursive: true })
  await writeFile(join(root, path), `${JSON.stringify(result, undefined, 2)}\n`)
  return path
}
