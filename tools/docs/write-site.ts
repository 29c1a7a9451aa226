import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Tree } from '../source/index.ts'
import { llmsFull, llmsIndex } from './llms.ts'
import { type Section, sitePages, siteSections } from './site-map.ts'
import { pictureRoute, sitePage, type SitePlace } from './site-page.ts'

/**
 * Writes what the site is built from: `.pages` with the pages, `.public` with pictures and the texts for programs, and
 * `.sidebar.json`. Files that have not changed are not touched, and those that are no more are removed.
 */
export function writeSite(root: string, site: string, place: SitePlace): number {
  const tree = new Tree(root)
  const pages = sitePages(tree)
  const sections = siteSections(tree, pages)
  const files = new Map<string, string>()
  for (const page of pages) files.set(`.pages/${page.route}.md`, sitePage(tree, page, pages, place))
  files.set('.public/llms.txt', llmsIndex(tree, sections, place.base))
  files.set('.public/llms-full.txt', llmsFull(tree, sections))
  files.set('.sidebar.json', `${JSON.stringify(sections.map(sidebarOf), undefined, 2)}\n`)

  for (const path of earlierPages(join(site, '.pages'))) {
    if (!files.has(`.pages/${path}`)) rmSync(join(site, '.pages', path))
  }
  for (const [path, text] of files) writeChanged(join(site, path), text)
  writeChanged(join(site, '.public/favicon.svg'), readFileSync(join(site, 'favicon.svg'), 'utf8'))
  for (const { path } of tree.files) {
    if (!/^(?:docs|examples)\/.*\.(?:svg|png)$/.test(path)) continue
    const target = join(site, '.public', pictureRoute(path))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(root, path), target)
  }
  return pages.length
}

/** As the generator takes it: a section of one page is a link, a long one is closed at first. */
function sidebarOf({ title, titleChinese, pages }: Section): object {
  const label = { label: title, translations: { 'zh-CN': titleChinese } }
  const slugs = pages.map(({ route }) => route.replace(/(?:^|\/)index$/, ''))
  if (slugs.length === 1) return { ...label, slug: slugs[0] }
  return { ...label, collapsed: slugs.length > 12, items: slugs.map(slug => ({ slug })) }
}

function writeChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function earlierPages(folder: string): string[] {
  if (!existsSync(folder)) return []
  return new Tree(folder).files.map(({ path }) => path)
}
