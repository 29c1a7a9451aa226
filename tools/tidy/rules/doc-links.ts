import { join } from 'node:path/posix'
import { readHeadings } from '../../docs/index.ts'
import { reporter, type Rule, type SourceFile, type Tree } from '../core/index.ts'

const name = 'doc-links'
const report = reporter(name)

/** A relative link in a page leads to a file or folder of the repository, and its anchor to a heading of that page. */
export function docLinksRule(): Rule {
  return {
    name,
    demand: 'Relative links in Markdown pages lead somewhere, down to the heading.',
    check: tree => {
      const anchors = new Map<string, ReadonlySet<string>>()
      const hasAnchor = (file: SourceFile, anchor: string): boolean => {
        const known =
          anchors.get(file.path) ?? new Set(readHeadings(file.text).map(heading => heading.anchor))
        anchors.set(file.path, known)
        return known.has(anchor)
      }
      const pages = tree.files.filter(file => file.path.endsWith('.md'))
      return pages.flatMap(file => checkPage(tree, file, hasAnchor))
    },
  }
}

function checkPage(tree: Tree, file: SourceFile, hasAnchor: (file: SourceFile, anchor: string) => boolean) {
  const findings = []
  for (const [index, line] of file.text.split('\n').entries()) {
    for (const [, link = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = '', anchor] = link.split('#', 2)
      const target = path === '' ? file.path : join(file.path, '..', path).replace(/\/$/, '')
      const page = tree.get(target)
      const exists = page !== undefined || tree.files.some(other => other.path.startsWith(`${target}/`))
      const isPage = page?.path.endsWith('.md') === true
      const leads = exists && (anchor === undefined || !isPage || hasAnchor(page, anchor))
      if (leads) continue
      const problem = exists ? `the page of ${link} has no such heading` : `the link ${link} leads nowhere`
      findings.push(
        report({ path: file.path, line: index + 1, problem, advice: 'correct it or write the page' }),
      )
    }
  }
  return findings
}
