import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tree } from '../source/index.ts'

/** Links of a built site that lead nowhere: to no file, or to nothing with that id in the page. */
export function brokenLinks(dist: string, base: string): string[] {
  const files = new Set(new Tree(dist).files.map(({ path }) => path))
  const pages = new Map<string, string>()
  const pageOf = (path: string): string => {
    const text = pages.get(path) ?? readFileSync(join(dist, path), 'utf8')
    pages.set(path, text)
    return text
  }
  const broken: string[] = []
  for (const path of files) {
    if (!path.endsWith('.html')) continue
    const here = `${base}${path.replace(/index\.html$/, '')}`
    for (const [, target = ''] of pageOf(path).matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^(?:[a-z]+:|\/\/)/i.test(target)) continue
      const { pathname, hash } = new URL(target, `http://site${here}`)
      const file = fileAt(files, decodeURI(pathname), base)
      const isThere =
        file !== undefined &&
        (hash === '' || !file.endsWith('.html') || hasId(pageOf(file), decodeURIComponent(hash.slice(1))))
      if (!isThere) broken.push(`${path}: ${target}`)
    }
  }
  return broken
}

function fileAt(files: ReadonlySet<string>, pathname: string, base: string): string | undefined {
  if (!pathname.startsWith(base)) return undefined
  const path = pathname.slice(base.length)
  return [path, `${path}index.html`, `${path}/index.html`].find(candidate => files.has(candidate))
}

function hasId(html: string, id: string): boolean {
  return id === '_top' || html.includes(` id="${id}"`)
}
