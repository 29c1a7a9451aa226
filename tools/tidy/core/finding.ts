/** One breach of one rule. `error` fails the build, `warning` is shown. */
export interface Finding {
  readonly rule: string
  readonly severity: 'error' | 'warning'
  /** Path from the repository's root, with `/`. */
  readonly path: string
  /** 1 for the first line; also used when the whole file is meant. */
  readonly line: number
  /** What is wrong, with the value seen and the limit. */
  readonly problem: string
  /** What to do about it. */
  readonly advice: string
}

/** One line for people and editors: `path:line  rule  problem — advice`. */
export function formatFinding(finding: Finding): string {
  const mark = finding.severity === 'error' ? '✗' : '!'
  return `${mark} ${finding.path}:${finding.line}  ${finding.rule}  ${finding.problem} — ${finding.advice}`
}

/** Order of the report: by path, line, rule. */
export function compareFindings(left: Finding, right: Finding): number {
  return left.path.localeCompare(right.path) || left.line - right.line || left.rule.localeCompare(right.rule)
}
