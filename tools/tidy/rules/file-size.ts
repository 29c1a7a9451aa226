import { reporter, type Rule } from '../core/index.ts'
import { largeFiles } from '../house/index.ts'

const name = 'file-size'
const report = reporter(name)

/** Lines above which a file needs a reason. */
export const fileLinesExpected = 400
/** Lines above which no reason helps. */
export const fileLinesMax = 600

export function fileSizeRule(reasons: Readonly<Record<string, string>> = largeFiles): Rule {
  return {
    name,
    demand: `A file above ${fileLinesExpected} lines needs a reason; above ${fileLinesMax} it fails.`,
    check: tree => {
      const findings = []
      for (const file of tree.files) {
        if (!file.isCode) continue
        const lines = file.lineCount
        const reason = reasons[file.path]
        if (lines > fileLinesMax) {
          const problem = `${lines} lines, the limit is ${fileLinesMax}`
          findings.push(report({ path: file.path, problem, advice: 'split it by ideas' }))
        } else if (lines > fileLinesExpected && reason === undefined) {
          const problem = `${lines} lines, above ${fileLinesExpected} without a reason`
          const advice = 'split it by ideas, or state the reason in tools/tidy/house/lists.ts'
          findings.push(report({ path: file.path, problem, advice, severity: 'warning' }))
        } else if (lines <= fileLinesExpected && reason !== undefined) {
          const problem = `listed as large, but has only ${lines} lines`
          findings.push(report({ path: file.path, problem, advice: 'remove it from the list' }))
        }
      }
      return findings
    },
  }
}
