/** The real server under load, killed again and again: `npm run crash -- --rounds=20`. Exit status 1 when anything was lost. */
import { parseArgs } from 'node:util'
import { crashReportText } from './report.ts'
import { crashRounds } from './rounds.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new Error(`--rounds is ${values.rounds}; it must be a number from 1 on`)
const report = await crashRounds(rounds, Number(values.seed), ({ round, kind, acknowledged, arrivals }) => {
  process.stdout.write(
    `round ${round} of ${rounds}: killed ${kind}; ${acknowledged} acknowledged, ${arrivals} arrivals\n`,
  )
})
process.stdout.write(crashReportText(report))
process.exitCode = report.problems.length === 0 ? 0 : 1
