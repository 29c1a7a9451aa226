/** Many crashes of the lmdb driver: `node tests/storage-crash/main.ts --rounds=200 --seed=7`. Exit status 1 when one lost or mixed up a write. */
import { parseArgs } from 'node:util'
import { crashRounds } from './rounds.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
})
const rounds = Number(values.rounds)
let acknowledged = 0
let problems = 0
for await (const round of crashRounds(rounds, Number(values.seed))) {
  acknowledged += round.acknowledged
  problems += round.problems.length
  process.stdout.write(
    `\rround ${round.round} of ${rounds}: ${acknowledged} writes acknowledged, ${round.lastKept} kept, ${problems} problems`,
  )
  for (const problem of round.problems) process.stdout.write(`\nround ${round.round}: ${problem}\n`)
}
process.stdout.write('\n')
process.exitCode = problems === 0 ? 0 : 1
