import type { Tree } from '../source/index.ts'
import { readHeadings } from './headings.ts'

/** A page of the site and the file of the repository that it is made of. */
export interface SitePage {
  /** Path of the file from the root of the repository. */
  readonly path: string
  /** Where it is on the site: `concepts/delivery`, `zh/concepts/delivery`; `index` is the first page. */
  readonly route: string
  readonly title: string
}

/** A part of the navigation: one page, or pages below a heading. */
export interface Section {
  readonly title: string
  readonly titleChinese: string
  readonly pages: readonly SitePage[]
}

/** Where files outside `docs` come to stand, the first that fits. */
const routes: readonly (readonly [RegExp, string])[] = [
  [/^README\.md$/, 'index'],
  [/^docs\/zh\/README\.md$/, 'zh/index'],
  [/^docs\/(.+)\/README\.md$/, '$1/index'],
  [/^docs\/(.+)\.md$/, '$1'],
  [/^ARCHITECTURE\.md$/, 'project/architecture'],
  [/^CONTRIBUTING\.md$/, 'project/contributing'],
  [/^benchmarks\/README\.md$/, 'project/benchmarks'],
  [/^tools\/services\/README\.md$/, 'project/services'],
  [/^packages\/pattern\/PATTERNS\.md$/, 'reference/patterns'],
  [/^packages\/([\w-]+)\/README\.md$/, 'project/$1'],
  [/^connectors\/([\w-]+)\/README\.md$/, 'connectors/$1'],
  [/^runtimes\/([\w-]+)\/README\.md$/, 'runtimes/$1'],
  [/^storage\/([\w-]+)\/README\.md$/, 'project/storage-$1'],
  [/^examples\/([\w-]+)\/README\.md$/, 'examples/$1'],
]

/** The page that GitHub shows for `docs`; on the site the navigation takes its place. */
export const tableOfContents = 'docs/README.md'

/** Every page of the site. */
export function sitePages(tree: Tree): SitePage[] {
  return tree.files.flatMap(({ path, text }) => {
    if (path === tableOfContents || !path.endsWith('.md')) return []
    const [pattern, to] = routes.find(([pattern]) => pattern.test(path)) ?? []
    if (pattern === undefined || to === undefined) return []
    const title = readHeadings(text).find(({ depth }) => depth === 1)?.text
    if (title === undefined) throw new Error(`${path} has no title: begin it with "# Title"`)
    return [{ path, route: path.replace(pattern, to), title }]
  })
}

interface SectionPlan {
  readonly title: string
  readonly titleChinese: string
  readonly routes: RegExp
}

const plan: readonly SectionPlan[] = [
  { title: 'Start', titleChinese: '开始', routes: /^(?:index|start)$/ },
  { title: 'Concepts', titleChinese: '概念', routes: /^concepts\// },
  { title: 'Guides', titleChinese: '指南', routes: /^guides\// },
  { title: 'Operate', titleChinese: '运维', routes: /^operate\// },
  { title: 'Reference', titleChinese: '参考', routes: /^reference\/(?!compatibility$|api\/)/ },
  { title: 'REST API', titleChinese: 'REST API', routes: /^reference\/api\// },
  { title: 'Compatibility', titleChinese: '兼容性', routes: /^reference\/compatibility$/ },
  { title: 'Guarantees', titleChinese: '保证', routes: /^guarantees$/ },
  { title: 'Limits', titleChinese: '限制', routes: /^limits$/ },
  { title: 'Comparison', titleChinese: '对比', routes: /^comparison$/ },
  { title: 'Migration', titleChinese: '迁移', routes: /^migration\// },
  { title: 'Connectors', titleChinese: '连接器', routes: /^connectors\// },
  { title: 'Runtimes', titleChinese: '运行时', routes: /^runtimes\// },
  { title: 'Examples', titleChinese: '示例', routes: /^examples\// },
  { title: 'Decisions', titleChinese: '设计决策', routes: /^decisions\// },
  { title: 'Project', titleChinese: '项目', routes: /^project\// },
]

/**
 * The navigation: pages of a section in the order in which the table of contents names them, then the others by name. Throws
 * when a page belongs nowhere. Pages in Chinese stand where the English ones do.
 */
export function siteSections(tree: Tree, pages: readonly SitePage[]): Section[] {
  const english = pages.filter(({ route }) => !isChinese(route))
  const lost = english.find(({ route }) => !plan.some(section => section.routes.test(route)))
  if (lost !== undefined) throw new Error(`${lost.path} belongs to no section of the site`)
  const contents = tree.get(tableOfContents)?.text ?? ''
  const rank = ({ path, route }: SitePage): number => {
    const at = contents.indexOf(`](${path.replace(/^docs\//, '')})`)
    return /(?:^|\/)index$/.test(route) ? -1 : at === -1 ? contents.length : at
  }
  return plan
    .map(({ title, titleChinese, routes: own }) => ({
      title,
      titleChinese,
      pages: english.filter(({ route }) => own.test(route)).toSorted((a, b) => rank(a) - rank(b)),
    }))
    .filter(section => section.pages.length > 0)
}

export function isChinese(route: string): boolean {
  return route.startsWith('zh/')
}
