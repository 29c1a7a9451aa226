import { join } from 'node:path/posix'
import type { Tree } from '../source/index.ts'
import { readDescription } from './headings.ts'
import { replaceLinks } from './links.ts'
import { isChinese, type SitePage, tableOfContents } from './site-map.ts'

/** Where the site will stand. */
export interface SitePlace {
  /** Path of the first page; begins and ends with `/`. */
  readonly base: string
  /** Address below which files of the repository can be seen; without one, links to them become text. */
  readonly sources: string | undefined
}

/** A page as the generator takes it: its title and description as front matter, its links as addresses of the site. */
export function sitePage(tree: Tree, page: SitePage, pages: readonly SitePage[], place: SitePlace): string {
  const text = tree.get(page.path)?.text ?? ''
  const body = text.replace(/^# .*\n+/m, '')
  const frontMatter = {
    title: page.title,
    description: shortened(readDescription(body) ?? page.title),
    ...(place.sources === undefined ? {} : { editUrl: `${place.sources}${page.path}` }),
  }
  const lines = Object.entries(frontMatter).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  const linked = replaceLinks(body, target => siteAddress(page, target, pages, place))
  return `---\n${lines.join('\n')}\n---\n\n${linked}`
}

/** Where a link of a page leads on the site; `undefined` when that is not there. */
function siteAddress(
  from: SitePage,
  target: string,
  pages: readonly SitePage[],
  place: SitePlace,
): string | undefined {
  if (/^[a-z]+:/.test(target) || target.startsWith('#')) return target
  const [path = '', anchor] = target.split('#', 2)
  const file = join(from.path, '..', path).replace(/\/$/, '')
  const behind = anchor === undefined ? '' : `#${anchor}`
  if (/\.(?:svg|png)$/.test(file)) return `${place.base}${pictureRoute(file)}`
  if (file === tableOfContents || file === 'docs') return place.base
  const page = pages.find(one => one.path === file || one.path === `${file}/README.md`)
  if (page !== undefined) return `${place.base}${addressOf(inLanguageOf(from, page.route))}${behind}`
  if (place.sources === undefined) return undefined
  return `${place.sources}${file}${behind}`
}

/** Where a picture of the repository is on the site. */
export function pictureRoute(path: string): string {
  return path.replace(/^docs\//, '')
}

/** A page in Chinese leads to pages in Chinese; the site shows the English one below that address while there is no other. */
function inLanguageOf(from: SitePage, route: string): string {
  return isChinese(from.route) && !isChinese(route) ? `zh/${route}` : route
}

/** `concepts/delivery` → `concepts/delivery/`, `index` → the empty text. */
export function addressOf(route: string): string {
  return `${route}/`.replace(/(?:^|(?<=\/))index\/$/, '')
}

const descriptionLengthMax = 200

function shortened(text: string): string {
  return text.length > descriptionLengthMax ? `${text.slice(0, descriptionLengthMax - 1).trimEnd()}…` : text
}
