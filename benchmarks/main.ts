import { fork } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { resultTable, type ScenarioOrder, type StoredResult, storeResult } from './harness/index.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const root = dirname(folder)
const usage = 'npm run bench [-- --list | --quick] [-- scenario…]'

/** A scenario that takes longer is hanging. */
const scenarioMsMax = 15 * 60_000

/** Aborts when this process is asked to end: the scenario under way is ended, and no further one begins. */
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort())

process.exitCode = await main()

/** Status 0 when every scenario ran and met its goals. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
  })
  const known = discover()
  if (values.list) {
    for (const name of known) console.log(name)
    return 0
  }
  const unknown = positionals.filter(name => !known.includes(name))
  if (unknown.length > 0) {
    console.error(`unknown scenario ${unknown.join(', ')}; there are: ${known.join(', ')}\n${usage}`)
    return 2
  }
  const chosen = positionals.length > 0 ? positionals : known
  const failed: string[] = []
  const missed: string[] = []
  for (const [index, name] of chosen.entries()) {
    if (interrupted.signal.aborted) return 130
    console.log(`\n▶ ${name} (${index + 1} of ${chosen.length})`)
    try {
      const result = await runInProcess({ root, program: join(folder, name, 'main.ts'), quick: values.quick })
      await report(result, values.quick)
      if (result.rows.some(row => row.met === false)) missed.push(name)
    } catch (error) {
      failed.push(name)
      console.error(`✗ ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  console.log(`\n${chosen.length} scenarios, ${failed.length} failed, ${missed.length} missed a goal`)
  if (missed.length > 0) console.log(`missed: ${missed.join(', ')}`)
  return failed.length + (values.quick ? 0 : missed.length) > 0 ? 1 : 0
}

/** Names of the folders that hold a scenario. */
function discover(): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && existsSync(join(folder, entry.name, 'main.ts')))
    .map(entry => entry.name)
    .toSorted()
}

async function report(result: StoredResult, quick: boolean): Promise<void> {
  console.log(`\n${result.title}\n${result.compared}\ngoal: ${result.goal}\n`)
  for (const line of resultTable(result.rows)) console.log(`  ${line}`)
  for (const note of result.notes ?? []) console.log(`  · ${note}`)
  const { processor, cores, node } = result.machine
  console.log(`  · ${processor}, ${cores} cores, Node ${node}, ${result.seconds.toFixed(0)} s`)
  if (quick) console.log('  · a quick run: its figures mean nothing and were not stored')
  else console.log(`  → ${await storeResult(root, result)}`)
}

/** Runs one scenario in its own process; the process and all that it started are gone afterwards. */
async function runInProcess(order: ScenarioOrder): Promise<StoredResult> {
  const child = fork(join(folder, 'harness', 'scenario-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const end = () => void child.kill('SIGTERM')
  const overtime = setTimeout(end, scenarioMsMax)
  process.on('exit', end)
  interrupted.signal.addEventListener('abort', end)
  try {
    return await new Promise<StoredResult>((resolve, reject) => {
      child.once('message', (message: { result: StoredResult } | { error: string }) => {
        if ('result' in message) resolve(message.result)
        else reject(new Error(message.error))
      })
      child.once('error', reject)
      child.once('exit', (code, killed) =>
        reject(new Error(`its process ended with ${killed ?? String(code)}`)),
      )
      child.send(order)
    })
  } finally {
    clearTimeout(overtime)
    process.off('exit', end)
    interrupted.signal.removeEventListener('abort', end)
    if (child.connected) child.disconnect()
  }
}
