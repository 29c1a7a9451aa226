/** The real server under load, killed again and again: `npm run crash -- --rounds=20`. Exit status 1 when anything was lost. */
import { parseArgs } from 'node:util'
import { crashRounds } from './rounds.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const report = await crashRounds(Number(values.rounds), Number(values.seed), round => {
  process.stdout.write(
    `${process.stdout.isTTY ? '\r' : ''}round ${round} of ${values.rounds}${process.stdout.isTTY ? '' : '\n'}`,
  )
})
const { problems, ...figures } = report
process.stdout.write('\n')
for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(14)}${value}\n`)
for (const problem of problems.slice(0, 20)) process.stdout.write(`LOST  ${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
