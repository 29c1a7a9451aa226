import { setTimeout as pause } from 'node:timers/promises'
import { startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext } from '../scenario.ts'

const readyGoalMs = 1_000
const residentGoalMiB = 120
/** After the start the process settles: what loading left behind is collected. */
const idleMs = 5_000

/** How long a start takes, and what an idle server holds. */
export const scenario: Scenario = {
  name: 'start',
  title: 'Starting and idling',
  compared: 'One server with the defaults on an empty folder, then again on the same folder.',
  goal: `ready within ${readyGoalMs} ms, idle below ${residentGoalMiB} MiB resident`,
  run: async context => {
    const folder = await context.folder()
    const first = await startOnce(context, folder)
    const second = await startOnce(context, folder)
    const median =
      [first.readyMs, second.readyMs, (await startOnce(context, folder)).readyMs].toSorted(
        (a, b) => a - b,
      )[1] ?? 0
    return {
      rows: [
        { label: 'first start, empty folder', value: first.readyMs, unit: 'ms' },
        {
          label: 'ready, median of three',
          value: median,
          unit: 'ms',
          goal: `< ${readyGoalMs} ms`,
          met: median < readyGoalMs,
        },
        {
          label: `resident, idle ${idleMs / 1_000} s after the start`,
          value: second.residentMiB,
          unit: 'MiB',
          goal: `< ${residentGoalMiB} MiB`,
          met: second.residentMiB < residentGoalMiB,
        },
      ],
    }
  },
}

async function startOnce(
  context: ScenarioContext,
  folder: string,
): Promise<{ readyMs: number; residentMiB: number }> {
  await using millrace = await startMillrace(context, folder)
  await pause(context.quick ? 200 : idleMs, undefined, { signal: context.signal })
  return { readyMs: millrace.server.readyMs, residentMiB: millrace.server.residentBytes() / 1024 ** 2 }
}
