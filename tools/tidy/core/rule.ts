import type { Finding } from './finding.ts'
import type { Tree } from '../../source/index.ts'

/** One rule of the house: reads the tree, changes nothing, reports every breach. */
export interface Rule {
  /** Kebab-case, as it appears in the report. */
  readonly name: string
  /** One sentence: what it demands. */
  readonly demand: string
  check(tree: Tree): Finding[] | Promise<Finding[]>
}

/** Where a breach stands and what it is; the rule's name and severity are added by `reporter`. */
export interface Breach {
  readonly path: string
  readonly line?: number
  readonly problem: string
  readonly advice: string
  readonly severity?: 'error' | 'warning'
}

/** Makes the function with which a rule turns breaches into findings. */
export function reporter(rule: string): (breach: Breach) => Finding {
  return ({ path, line = 1, problem, advice, severity = 'error' }) => ({
    rule,
    severity,
    path,
    line,
    problem,
    advice,
  })
}
