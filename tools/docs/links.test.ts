import { expect, test } from 'vitest'
import { replaceLinks } from './links.ts'

const toSite = (target: string): string | undefined =>
  target.endsWith('.md') ? `/${target.replace('.md', '/')}` : undefined

test('links and pictures get their new targets, also when their text has code or goes over two lines', () => {
  const page = 'See [`a`](a.md), [the\nother](b.md), [c [1]](c.md) and ![picture](d.md).'

  expect(replaceLinks(page, toSite)).toBe(
    'See [`a`](/a/), [the\nother](/b/), [c [1]](/c/) and ![picture](/d/).',
  )
})

test('a link to what is not there becomes its text, a picture goes', () => {
  expect(replaceLinks('the [test](x.ts) and ![it](y.png)', toSite)).toBe('the test and ')
})

test('code and fenced blocks stay as they are', () => {
  const page = '`[a](a.md)` and\n\n```md\n[a](a.md)\n```\n\n[a](a.md)'

  expect(replaceLinks(page, toSite)).toBe('`[a](a.md)` and\n\n```md\n[a](a.md)\n```\n\n[a](/a/)')
})
