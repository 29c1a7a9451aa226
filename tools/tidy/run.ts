import { compareFindings, type Finding, type Rule, type Tree } from './core/index.ts'

/** Applies rules to a tree. A file that does not parse is a finding of its own, whatever the rules say. */
export async function runRules(tree: Tree, rules: readonly Rule[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const file of tree.files) {
    const [error] = file.isCode ? file.syntax.errors : []
    if (error === undefined) continue
    const advice = 'repair it; the other rules see only part of it'
    findings.push({ rule: 'syntax', severity: 'error', path: file.path, line: 1, problem: error, advice })
  }
  for (const rule of rules) findings.push(...(await rule.check(tree)))
  return findings.toSorted(compareFindings)
}

/** The last line of the report. */
export function summaryOf(findings: readonly Finding[], tree: Tree, rules: readonly Rule[]): string {
  const errors = findings.filter(finding => finding.severity === 'error').length
  const warnings = findings.length - errors
  return `tidy: ${tree.files.length} files, ${rules.length} rules, ${errors} errors, ${warnings} warnings`
}
