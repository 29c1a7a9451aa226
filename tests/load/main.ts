/** A good function beside slow, crashing and hostile ones: `npm run load -- --minutes=10`. */
import { parseArgs } from 'node:util'
import { runLoad } from './load.ts'
import { loadReportText, slowdown } from './report.ts'

/** The good function's p99 may be so many times what it is alone. */
const slowdownMax = 2

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0 && minutes <= 600))
  throw new Error(`--minutes is ${values.minutes}; it must be above 0 and at most 600`)
const mixedMs = minutes * 60_000
const report = await runLoad(Math.min(60_000, mixedMs), mixedMs, phase => {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${phase}\n`)
})
process.stdout.write(`\n${loadReportText(report)}`)
process.exitCode = report.problems.length === 0 && slowdown(report) <= slowdownMax ? 0 : 1
