import { startVitest } from 'vitest/node'
import { Tree } from '../source/index.ts'
import type { TestArguments } from './test-arguments.ts'
import { census } from './census.ts'
import { leftOut, missingServices } from './left-out.ts'
import type { TestRecord } from './outcome.ts'
import { RunLog } from './run-log.ts'
import { summaryLines } from './summary.ts'
import { lastLine, type Verdict, verdictOf } from './verdict.ts'

/** How often a run says what it is busy with when no file has ended. */
const signOfLifeMs = 30_000

export interface TestRun {
  readonly root: string
  readonly arguments: TestArguments
  readonly requiredServices: string | undefined
  print(line: string): void
}

/** Runs the tests to their end and prints everything, the verdict as the very last line. */
export async function runTests(run: TestRun): Promise<Verdict> {
  const log = new RunLog(run.root, line => run.print(line))
  const signOfLife = setInterval(() => {
    if (log.running.length > 0) run.print(`… running: ${log.running.join(', ')}`)
  }, signOfLifeMs)
  try {
    const { projects, filters, namePattern } = run.arguments
    const vitest = await startVitest([...filters], {
      root: run.root,
      run: true,
      watch: false,
      passWithNoTests: true,
      reporters: [log],
      project: [...projects],
      ...(namePattern === undefined ? {} : { testNamePattern: new RegExp(namePattern) }),
    })
    await vitest.close()
  } finally {
    clearInterval(signOfLife)
  }
  const { troubles } = log.outcome
  const records = log.outcome.records.filter(record => !isUnasked(record, run.arguments))
  const groups = leftOut(records)
  const outcome = {
    records,
    troubles: [
      ...troubles,
      ...missingServices(groups, run.requiredServices),
      ...(run.arguments.complete ? census(new Tree(run.root), records) : []),
    ],
  }
  const verdict = verdictOf(outcome)
  for (const line of summaryLines(outcome, groups)) run.print(line)
  run.print('')
  run.print(lastLine(verdict))
  return verdict
}

/** vitest reports the tests that a name pattern passes over as skipped; they were not asked for. */
function isUnasked(record: TestRecord, { namePattern }: TestArguments): boolean {
  return namePattern !== undefined && record.state === 'skipped' && record.reason === undefined
}
