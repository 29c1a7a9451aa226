import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../process/index.ts'
import { formatFinding, Tree } from './core/index.ts'
import { houseRules } from './house-rules.ts'
import { functionRatchetPath, longFunctions, type TestProject } from './rules/index.ts'
import { runRules, summaryOf } from './run.ts'

const configuration = (await import('../../vitest.config.ts')) as unknown as {
  default: { test: { projects: { test: TestProject }[] } }
}
const tree = new Tree(repositoryRoot)
if (process.argv.includes('--tighten')) tightenRatchet(tree)
const rules = houseRules(configuration.default.test.projects.map(project => project.test))
const findings = await runRules(process.argv.includes('--tighten') ? new Tree(repositoryRoot) : tree, rules)
for (const finding of findings) console.log(formatFinding(finding))
console.log(summaryOf(findings, tree, rules))
process.exitCode = findings.some(finding => finding.severity === 'error') ? 1 : 0

/** Lowers and removes lines of the ratchet to what the sources have now; adds and raises none. */
function tightenRatchet(from: Tree): void {
  const allowed = (from.json(functionRatchetPath) ?? {}) as Record<string, number>
  const kept: Record<string, number> = {}
  for (const { key, lines } of longFunctions(from)) {
    const limit = allowed[key]
    if (limit !== undefined) kept[key] = Math.min(limit, lines)
  }
  writeFileSync(join(repositoryRoot, functionRatchetPath), `${JSON.stringify(kept, undefined, 2)}\n`)
}
