import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { docLinksRule } from './doc-links.ts'

test('a relative link to nothing is caught; files, folders, anchors and addresses are fine', async () => {
  using plot = plant({
    'docs/a.md':
      'see [b](b.md#part), [up](../src), [x](https://example.com), [here](#part)\nand [gone](gone.md)\n',
    'docs/b.md': '',
    'src/a.ts': '',
  })

  expect(await plot.check(docLinksRule())).toMatchObject([{ path: 'docs/a.md', line: 2 }])
})
