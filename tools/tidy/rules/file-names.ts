import { reporter, type Rule } from '../core/index.ts'
import { fileWordsBanned } from '../house/index.ts'

const name = 'file-names'
const report = reporter(name)

/** Code files and their folders are nouns in kebab-case that say what is inside. */
export function fileNamesRule(banned: readonly string[] = fileWordsBanned): Rule {
  return {
    name,
    demand: 'Files are nouns in kebab-case; none is named after nothing.',
    check: tree => {
      const findings = []
      for (const file of tree.files) {
        if (!file.isCode) continue
        const stem = file.name.replace(/\.(?:ts|js|mjs|cjs)$/, '')
        if (!/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(stem)) {
          const problem = `${file.name} is not kebab-case`
          findings.push(report({ path: file.path, problem, advice: 'use lower-case words joined by -' }))
        }
        const words = file.path.replace(/\.(?:ts|js|mjs|cjs)$/, '').split(/[/.-]/)
        const empty = words.find(word => banned.includes(word))
        if (empty !== undefined) {
          const problem = `the word "${empty}" says nothing about the content`
          findings.push(
            report({ path: file.path, problem, advice: 'name the idea, or move the code to its user' }),
          )
        }
      }
      return findings
    },
  }
}
