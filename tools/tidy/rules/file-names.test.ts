import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { fileNamesRule } from './file-names.ts'

test('empty words are caught in file and folder names, as whole words only', async () => {
  using plot = plant({
    'packages/a/src/string-utils.ts': '',
    'packages/a/src/helpers/a.ts': '',
    'packages/a/src/utility-grid.ts': '',
  })

  const seen = (await plot.check(fileNamesRule())).map(finding => finding.path)

  expect(seen).toEqual(['packages/a/src/helpers/a.ts', 'packages/a/src/string-utils.ts'])
})

test('a name that is not kebab-case is caught; test endings are fine', async () => {
  using plot = plant({ 'src/deadLetter.ts': '', 'src/dead-letter.property.test.ts': '' })

  expect(await plot.check(fileNamesRule())).toMatchObject([{ path: 'src/deadLetter.ts' }])
})
