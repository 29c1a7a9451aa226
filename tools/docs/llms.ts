import type { Tree } from '../source/index.ts'
import { readDescription } from './headings.ts'
import { isChinese, type Section, type SitePage } from './site-map.ts'
import { addressOf } from './site-page.ts'

/** `llms.txt`: the pages with a sentence each, for programs that read documentation (llmstxt.org). */
export function llmsIndex(tree: Tree, sections: readonly Section[], base: string): string {
  const line = ({ path, route, title }: SitePage): string => {
    const description = readDescription(tree.get(path)?.text ?? '')
    return `- [${title}](${base}${addressOf(route)})${description === undefined ? '' : `: ${description}`}`
  }
  const parts = sections.map(({ title, pages }) => [`## ${title}`, '', ...pages.map(line), ''].join('\n'))
  return [
    '# Millrace',
    '',
    `> ${readDescription(tree.get('README.md')?.text ?? '') ?? ''}`,
    '',
    `All of it in one file: [llms-full.txt](${base}llms-full.txt).`,
    '',
    ...parts,
  ].join('\n')
}

/** `llms-full.txt`: the text of every page in the order of the navigation, each below the path of its file. */
export function llmsFull(tree: Tree, sections: readonly Section[]): string {
  const pages = sections.flatMap(section => section.pages).filter(({ route }) => !isChinese(route))
  return pages.map(({ path }) => `<!-- ${path} -->\n\n${(tree.get(path)?.text ?? '').trim()}\n`).join('\n')
}
