import { type GeneratedPage, generatedPages } from '../../generate/index.ts'
import { reporter, type Rule } from '../core/index.ts'

const name = 'reference'
const report = reporter(name)

/** Generated pages are what the generator would write now. */
export function referenceRule(pages: readonly GeneratedPage[] = generatedPages): Rule {
  return {
    name,
    demand: 'The generated reference is up to date.',
    check: async tree => {
      const findings = []
      for (const page of pages) {
        const { path } = page
        try {
          const wanted = await page.make(tree)
          const seen = tree.get(path)?.text
          if (seen === wanted) continue
          const problem = seen === undefined ? 'missing' : 'does not fit the sources'
          findings.push(
            report({ path, line: firstDifference(seen, wanted), problem, advice: 'npm run generate' }),
          )
        } catch (error) {
          const problem = `cannot be made: ${error instanceof Error ? error.message : String(error)}`
          findings.push(report({ path, problem, advice: 'repair the sources that it is made from' }))
        }
      }
      return findings
    },
  }
}

function firstDifference(seen: string | undefined, wanted: string): number {
  const lines = wanted.split('\n')
  const index = (seen ?? '').split('\n').findIndex((line, position) => line !== lines[position])
  return Math.max(0, index) + 1
}
