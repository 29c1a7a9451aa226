import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { docLinksRule } from './doc-links.ts'

test('a relative link to nothing is caught; files, folders, headings and addresses are fine', async () => {
  using plot = plant({
    'docs/a.md':
      'see [b](b.md#the-second-part), [up](../src), [x](https://example.com), [code](../src/a.ts#L3)\nand [gone](gone.md)\n',
    'docs/b.md': '## The `second` part\n',
    'src/a.ts': '',
  })

  expect(await plot.check(docLinksRule())).toMatchObject([{ path: 'docs/a.md', line: 2 }])
})

test('a link to a heading that the page does not have is caught, on the same page too', async () => {
  using plot = plant({
    'docs/a.md':
      '# Title\n\n[there](b.md#part-1), [nowhere](b.md#part-2), [here](#title), [not here](#part)\n',
    'docs/b.md': '## Part\n\n## Part\n\n```sh\n# Part\n```\n',
  })

  expect((await plot.check(docLinksRule())).map(finding => finding.problem)).toEqual([
    'the page of b.md#part-2 has no such heading',
    'the page of #part has no such heading',
  ])
})
