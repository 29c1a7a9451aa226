import { expect, test } from 'vitest'
import { plant, Tree } from './core/index.ts'
import { houseRules } from './house-rules.ts'
import { runRules, summaryOf } from './run.ts'
import { todoRule } from './rules/index.ts'

test('a file that does not parse is reported, and the rules still run on the others', async () => {
  using plot = plant({ 'a.ts': 'const = 1\n', 'b.ts': '// TODO\n' })
  const tree = new Tree(plot.root)

  const findings = await runRules(tree, [todoRule()])

  expect(findings.map(({ rule, path }) => `${rule} ${path}`)).toEqual(['syntax a.ts', 'todo b.ts'])
  expect(summaryOf(findings, tree, [todoRule()])).toBe('tidy: 2 files, 1 rules, 2 errors, 0 warnings')
})

test('every rule has a name of its own and says what it demands', () => {
  const rules = houseRules([])

  expect(new Set(rules.map(rule => rule.name)).size).toBe(rules.length)
  expect(rules.every(rule => rule.demand.endsWith('.'))).toBe(true)
})
