/**
 * Many seeded runs: `npm run sim -- --seeds=1000`. One seed again: `npm run sim -- --seed=17`. A bug on purpose:
 * `--plant=<name>`. Exit status 1 when a promise was broken (with a planted bug: when it was not found).
 */
import { parseArgs } from 'node:util'
import { plants } from './planted/index.ts'
import { describeFailure, summary } from './report.ts'
import { run } from './run.ts'
import { Tally } from './tally.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    first: { type: 'string', default: '1' },
    steps: { type: 'string', default: '80' },
    plant: { type: 'string' },
    all: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
})
const plant = values.plant === undefined ? undefined : plants.find(({ name }) => name === values.plant)
if (values.plant !== undefined && plant === undefined) {
  throw new Error(
    `there is no planted bug ${values.plant}; there are ${plants.map(({ name }) => name).join(', ')}`,
  )
}
const steps = Number(values.steps)
const first = Number(values.seed ?? values.first)
const count = values.seed === undefined ? Number(values.seeds) : 1
const tally = new Tally()
const failed: number[] = []
const startedAtMs = performance.now()
for (let seed = first; seed < first + count; seed++) {
  const result = await run({ seed, steps, plant })
  tally.merge(result.tally)
  tally.add('run', 'seeds')
  if (values.seed !== undefined) process.stdout.write(`trace ${result.hash}\n`)
  if (values.trace) process.stdout.write(`${result.last.join('\n')}\n`)
  if (result.findings.length > 0) {
    failed.push(seed)
    process.stdout.write(`\n${describeFailure(result, steps, plant?.name)}\n`)
    if (!values.all) break
  }
  if (process.stdout.isTTY || (seed - first + 1) % 100 === 0) {
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(0)
    const line = `seed ${seed}: ${seed - first + 1} of ${count}, ${failed.length} failed, ${seconds} s`
    process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`)
  }
}
process.stdout.write(`\n${summary(tally, failed)}\n`)
const isWanted = plant === undefined ? failed.length === 0 : failed.length > 0
process.exitCode = isWanted ? 0 : 1
