import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openStorage } from '@millrace/storage-lmdb'
import { startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext } from '../scenario.ts'

const growthGoalMs = 1_000
const growthGoalMiB = 100
/** After the start the process settles: what loading left behind is collected. */
const idleMs = 5_000

/** What functions cost that are registered and never called. */
export const scenario: Scenario = {
  name: 'registered',
  title: 'Ten thousand registered functions',
  compared:
    'A server whose store holds 10,000 functions, each with an environment and a trigger, beside the same server with one.',
  goal: `at most ${growthGoalMs} ms later than with one, and at most ${growthGoalMiB} MiB more than with one`,
  run: async context => {
    const count = context.quick ? 200 : 10_000
    const folder = await context.folder()
    await registerOne(context, folder)
    const one = await startOnce(context, folder)
    context.log(`writing ${count} functions`)
    await multiply(folder, count)
    const all = [
      await startOnce(context, folder),
      await startOnce(context, folder),
      await startOnce(context, folder),
    ]
    const readyMs = middle(all.map(start => start.readyMs))
    const growthMiB = middle(all.map(start => start.residentMiB)) - one.residentMiB
    return {
      rows: [
        { label: 'ready with one function', value: one.readyMs, unit: 'ms' },
        {
          label: `ready with ${count}, median of three`,
          value: readyMs,
          unit: 'ms',
          ratio: readyMs / one.readyMs,
          goal: `< ${growthGoalMs} ms later`,
          met: readyMs - one.readyMs < growthGoalMs,
        },
        { label: 'resident with one function', value: one.residentMiB, unit: 'MiB' },
        {
          label: `more with ${count}, median of three`,
          value: growthMiB,
          unit: 'MiB',
          goal: `< ${growthGoalMiB} MiB`,
          met: growthMiB < growthGoalMiB,
        },
      ],
      notes: [
        'The functions are written into the store as the server wrote the first, then it starts upon them.',
      ],
    }
  },
}

const firstName = 'registered-00000'

/** Makes one function as a user would, so that the store holds what the server writes. */
async function registerOne(context: ScenarioContext, folder: string): Promise<void> {
  await using millrace = await startMillrace(context, folder)
  const { client } = millrace
  const source = Buffer.from('export const handler = event => event')
  const code = await client.uploadCode(new Map([['index.mjs', source]]))
  await client.functions.put(firstName, {
    code,
    environment: { STAGE: 'production', DATABASE: 'postgres://app:secret@db.internal:5432/app' },
  })
  await client.functionTriggers(firstName).put('web', { kind: 'http' })
  await millrace.server.stop()
}

/** Copies the documents of the first function under other names, until there are `count` functions. */
async function multiply(folder: string, count: number): Promise<void> {
  await using storage = await openStorage({ path: join(folder, 'store') })
  for (const kind of ['function', 'function-trigger']) {
    const [first] = await storage.documents.list(`${kind}/`, { limit: 1 })
    if (first === undefined) throw new Error(`the store holds no ${kind}`)
    const names = Array.from({ length: count - 1 }, (_, index) => String(index + 1).padStart(5, '0'))
    const keys = names.map(name => first.key.replace(firstName, `registered-${name}`))
    await Promise.all(keys.map(key => storage.documents.put(key, first.value)))
  }
}

async function startOnce(
  context: ScenarioContext,
  folder: string,
): Promise<{ readyMs: number; residentMiB: number }> {
  await using millrace = await startMillrace(context, folder)
  await pause(context.quick ? 200 : idleMs, undefined, { signal: context.signal })
  const { readyMs } = millrace.server
  const residentMiB = millrace.server.residentBytes() / 1024 ** 2
  await millrace.server.stop()
  return { readyMs, residentMiB }
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}
