import { pathToFileURL } from 'node:url'
import type { Scenario } from '../scenario.ts'
import { runScenario, type ScenarioOrder } from './run-scenario.ts'
import { storedResult } from './stored-result.ts'

// A scenario runs in a process of its own, so that one cannot warm up or burden the next; it ends with its parent.
const controller = new AbortController()
process.once('disconnect', () => controller.abort(new Error('the benchmark was ended')))
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => controller.abort(new Error(`the benchmark was ended by ${name}`)))
}

process.once('message', (order: ScenarioOrder) => {
  void run(order).then(
    result => finish({ result }),
    (error: unknown) =>
      finish({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})

async function run({ root, program, quick }: ScenarioOrder) {
  const { scenario } = (await import(pathToFileURL(program).href)) as { scenario?: Scenario }
  if (scenario === undefined) throw new Error(`${program} exports no "scenario"`)
  const beganAt = performance.now()
  const result = await runScenario(scenario, {
    root,
    quick,
    signal: controller.signal,
    log: line => console.log(`  ${line}`),
  })
  return storedResult(scenario, result, (performance.now() - beganAt) / 1_000, new Date())
}

function finish(message: object): void {
  if (process.connected) process.send?.(message, () => process.exit(0))
  else process.exit(1)
}
