import type { CommandResult } from '../process/index.ts'
import type { Step } from './steps.ts'

export interface StepResult {
  readonly step: Step
  readonly status: number
  readonly seconds: number
}

export interface StepsRun {
  readonly steps: readonly Step[]
  readonly run: (step: Step) => Promise<CommandResult>
  readonly print: (line: string) => void
  readonly nowMs: () => number
}

/**
 * Runs all steps one after another, also after one failed, so that a single run shows everything there is to repair.
 * Prints each step as it begins and ends, the output of those that fail, and a summary at the end.
 */
export async function runSteps({ steps, run, print, nowMs }: StepsRun): Promise<StepResult[]> {
  const results: StepResult[] = []
  for (const step of steps) {
    print(`▶ ${step.name}`)
    const began = nowMs()
    const { status, output } = await run(step)
    const seconds = (nowMs() - began) / 1_000
    if (status !== 0) print(output.trimEnd())
    print(`${status === 0 ? '✓' : '✗'} ${step.name}  ${seconds.toFixed(1)} s`)
    results.push({ step, status, seconds })
  }
  for (const line of summary(results)) print(line)
  return results
}

function summary(results: readonly StepResult[]): string[] {
  const failed = results.filter(result => result.status !== 0)
  const total = results.reduce((sum, result) => sum + result.seconds, 0).toFixed(1)
  const names = failed.map(({ step }) => step.name).join(', ')
  const verdict =
    failed.length === 0 ? `check: all ${results.length} steps passed` : `check: failed: ${names}`
  return ['', ...failed.map(({ step }) => `✗ ${step.name}: ${step.advice}`), `${verdict}  ${total} s`]
}
