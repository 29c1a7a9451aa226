import { join } from 'node:path/posix'
import { reporter, type Rule, type SourceFile, type Tree } from '../core/index.ts'

const name = 'doc-links'
const report = reporter(name)

/** A relative link in a page leads to a file or folder of the repository. */
export function docLinksRule(): Rule {
  return {
    name,
    demand: 'Relative links in Markdown pages lead somewhere.',
    check: tree =>
      tree.files.filter(file => file.path.endsWith('.md')).flatMap(file => checkPage(tree, file)),
  }
}

function checkPage(tree: Tree, file: SourceFile) {
  const findings = []
  for (const [index, line] of file.text.split('\n').entries()) {
    for (const [, link = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:|^#/.test(link)) continue
      const target = join(file.path, '..', link.replace(/#.*$/, '')).replace(/\/$/, '')
      const exists = tree.has(target) || tree.files.some(other => other.path.startsWith(`${target}/`))
      if (exists) continue
      const problem = `the link ${link} leads nowhere`
      findings.push(
        report({ path: file.path, line: index + 1, problem, advice: 'correct it or write the page' }),
      )
    }
  }
  return findings
}
