import { expect, test } from 'vitest'
import { runSteps } from './run-steps.ts'
import type { Step } from './steps.ts'

const step = (name: string): Step => ({ name, command: name, args: [], advice: `repair ${name}` })

async function record(statuses: Readonly<Record<string, number>>) {
  const lines: string[] = []
  let nowMs = 0
  const results = await runSteps({
    steps: Object.keys(statuses).map(step),
    run: async ({ name }) => ({ status: statuses[name] ?? 0, output: `output of ${name}\n` }),
    print: line => lines.push(line),
    nowMs: () => (nowMs += 500),
  })
  return { lines, results }
}

test('every step runs and shows its name and duration', async () => {
  const { lines } = await record({ format: 0, lint: 0 })

  expect(lines).toEqual([
    '▶ format',
    '✓ format  0.5 s',
    '▶ lint',
    '✓ lint  0.5 s',
    '',
    'check: all 2 steps passed  1.0 s',
  ])
})

test('a failing step shows its output and does not hide the later ones', async () => {
  const { lines, results } = await record({ format: 1, lint: 0 })

  expect(results.map(result => result.status)).toEqual([1, 0])
  expect(lines).toContain('output of format')
  expect(lines).not.toContain('output of lint')
  expect(lines.slice(-2)).toEqual(['✗ format: repair format', 'check: failed: format  1.0 s'])
})
