import { expect, test } from 'vitest'
import { Tree } from '../source/index.ts'
import { plant } from '../tidy/index.ts'
import { brokenLinks } from './built-links.ts'
import { readDescription, readHeadings } from './headings.ts'
import { llmsFull, llmsIndex } from './llms.ts'
import { sitePages, siteSections } from './site-map.ts'
import { addressOf, sitePage, type SitePlace } from './site-page.ts'

const place: SitePlace = { base: '/docs/', sources: undefined }

const repository = {
  'README.md': '# Millrace\n\nAn event bus.\n\nSee [streams](docs/concepts/streams.md#order).\n',
  'docs/README.md': '# Contents\n\n[Streams](concepts/streams.md), [Buses](concepts/buses.md)\n',
  'docs/concepts/buses.md':
    '# Buses\n\nWhere [events](../../README.md) go.\n\n![path](../pictures/path.svg)\n[code](../../src/bus.ts)\n',
  'docs/concepts/streams.md':
    '# Streams\n\nThey *flow*.\n\n## Order\n\n[buses](buses.md), [all](../README.md)\n',
  'docs/zh/concepts/streams.md': '# 流\n\n[总线](../../concepts/buses.md)\n',
  'docs/pictures/path.svg': '<svg/>\n',
  'connectors/kafka/README.md': '# Kafka\n\nTopics.\n',
  'src/bus.ts': '',
}

const site = (root: string) => {
  const tree = new Tree(root)
  const pages = sitePages(tree)
  const page = (path: string, where = place) =>
    sitePage(tree, pages.find(one => one.path === path) ?? { path, route: '', title: '' }, pages, where)
  return { tree, pages, page }
}

test('pages have the addresses of their files, and those of parts stand below their kind', () => {
  using plot = plant(repository)
  const { pages } = site(plot.root)

  expect(pages.map(({ route }) => addressOf(route)).toSorted()).toEqual([
    '',
    'concepts/buses/',
    'concepts/streams/',
    'connectors/kafka/',
    'zh/concepts/streams/',
  ])
})

test('the navigation has the order of the table of contents', () => {
  using plot = plant(repository)
  const { tree, pages } = site(plot.root)

  expect(
    siteSections(tree, pages).map(({ title, pages: own }) => [title, own.map(page => page.title)]),
  ).toEqual([
    ['Start', ['Millrace']],
    ['Concepts', ['Streams', 'Buses']],
    ['Connectors', ['Kafka']],
  ])
})

test('a page that belongs nowhere, and one without a title, are refused', () => {
  using lost = plant({ 'docs/essays/a.md': '# A\n' })
  using untitled = plant({ 'docs/start.md': 'Begin.\n' })
  const lostTree = new Tree(lost.root)

  expect(() => siteSections(lostTree, sitePages(lostTree))).toThrow('docs/essays/a.md belongs to no section')
  expect(() => sitePages(new Tree(untitled.root))).toThrow('docs/start.md has no title')
})

test('the title goes to the front matter, links become addresses, and what is not on the site becomes text', () => {
  using plot = plant(repository)
  const { page } = site(plot.root)

  expect(page('docs/concepts/buses.md')).toBe(
    '---\ntitle: "Buses"\ndescription: "Where events go."\n---\n\n' +
      'Where [events](/docs/) go.\n\n![path](/docs/pictures/path.svg)\ncode\n',
  )
  expect(page('README.md')).toContain('[streams](/docs/concepts/streams/#order)')
  expect(page('docs/concepts/streams.md')).toContain('[buses](/docs/concepts/buses/), [all](/docs/)')
})

test('with the address of the sources, links to them stay links', () => {
  using plot = plant(repository)
  const { page } = site(plot.root)

  expect(page('docs/concepts/buses.md', { base: '/', sources: 'https://example.com/tree/' })).toContain(
    '[code](https://example.com/tree/src/bus.ts)',
  )
})

test('a Chinese page leads to the Chinese address of an English page', () => {
  using plot = plant(repository)
  const { page } = site(plot.root)

  expect(page('docs/zh/concepts/streams.md')).toContain('[总线](/docs/zh/concepts/buses/)')
})

test('programs get an index of the pages with a sentence each, and one text with all English pages', () => {
  using plot = plant(repository)
  const { tree, pages } = site(plot.root)
  const sections = siteSections(tree, pages)

  expect(llmsIndex(tree, sections, '/docs/')).toContain(
    '## Concepts\n\n- [Streams](/docs/concepts/streams/): They flow.\n',
  )
  const full = llmsFull(tree, sections)
  expect(full).toContain('<!-- docs/concepts/buses.md -->\n\n# Buses\n')
  expect(full).not.toContain('流')
})

test('links of a built site to no file and to no part of a page are found', () => {
  using plot = plant({
    'index.html':
      '<h2 id="here"></h2><a href="#here"></a><a href="/docs/a/#part"></a><img src="/docs/a.svg">' +
      '<a href="/docs/a/#gone"></a><a href="b/"></a><a href="/elsewhere"></a><a href="https://example.com/x"></a>',
    'a/index.html': '<h2 id="part"></h2><a href="../"></a>',
    'a.svg': '',
  })

  expect(brokenLinks(plot.root, '/docs/')).toEqual([
    'index.html: /docs/a/#gone',
    'index.html: b/',
    'index.html: /elsewhere',
  ])
})

test('headings have the anchors that GitHub gives them', () => {
  const page =
    '# A `b` & c\n\n## Same\n\n## Same\n\n## 死信队列 (2)\n\n```sh\n# not one\n```\n\n## [Link](x.md): it\n'

  expect(readHeadings(page).map(({ anchor }) => anchor)).toEqual([
    'a-b--c',
    'same',
    'same-1',
    '死信队列-2',
    'link-it',
  ])
})

test('the description of a page is its first paragraph as plain text, past pictures, comments and tables', () => {
  const page =
    '# Title\n\n<!-- made -->\n\n![picture](a.svg)\n\n| a |\n\nIt is **really** `so`,\nsee [there](b.md).\n\nMore.\n'

  expect(readDescription(page)).toBe('It is really so, see there.')
})
