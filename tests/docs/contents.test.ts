import { join } from 'node:path/posix'
import { expect, test } from 'vitest'
import { sitePages, siteSections } from '../../tools/docs/index.ts'
import { repositoryRoot } from '../../tools/process/index.ts'
import { Tree } from '../../tools/source/index.ts'

const tree = new Tree(repositoryRoot)

test('the table of contents names every page of the documentation', () => {
  const contents = tree.get('docs/README.md')?.text ?? ''
  const named = new Set([...contents.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => join('docs', link)))
  const pages = tree.files
    .map(({ path }) => path)
    .filter(path => /^docs\/(?!zh\/|reference\/api\/).*\.md$/.test(path) && path !== 'docs/README.md')

  expect(pages.filter(path => !named.has(path))).toEqual([])
})

test('every page has a title and a place in the navigation of the site', () => {
  const pages = sitePages(tree)
  const placed = siteSections(tree, pages).flatMap(section => section.pages.map(({ route }) => route))

  expect(placed.toSorted()).toEqual(
    pages
      .map(({ route }) => route)
      .filter(route => !route.startsWith('zh/'))
      .toSorted(),
  )
})
