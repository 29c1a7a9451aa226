import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts'
import { Folders } from './folders.ts'
import { load } from './load.ts'
import { ProcessKeeper } from './process-keeper.ts'
import { startServer } from './server-process.ts'

/** What the scenario process is told. */
export interface ScenarioOrder {
  readonly root: string
  /** Path of the scenario's `main.ts`. */
  readonly program: string
  readonly quick: boolean
}

/** Runs a scenario with a context of its own, and ends and removes everything that it made. */
export async function runScenario(
  scenario: Scenario,
  options: {
    readonly root: string
    readonly quick: boolean
    readonly signal: AbortSignal
    log(line: string): void
  },
): Promise<ScenarioResult> {
  const { quick, signal } = options
  using keeper = new ProcessKeeper()
  await using folders = new Folders(options.root)
  const context: ScenarioContext = {
    quick,
    signal,
    log: line => options.log(line),
    folder: () => folders.make(),
    startServer: server => startServer(server, keeper, signal),
    load: drive => load(drive, keeper, signal),
  }
  return await scenario.run(context)
}
