import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { collectedTestsRule } from './collected-tests.ts'

const projects = [
  { name: 'unit', include: ['{packages,storage}/*/src/**/*.test.ts'] },
  {
    name: 'suite',
    include: ['packages/*/test/**/*.test.ts', 'packages/double/**/*.test.ts'],
    exclude: ['**/slow.test.ts'],
  },
  { name: 'slow', include: ['packages/*/test/slow.test.ts'] },
]

test('a test file outside every project and one inside two are caught', async () => {
  using plot = plant({
    'packages/a/src/deep/a.test.ts': '',
    'packages/a/test/b.test.ts': '',
    'packages/a/test/slow.test.ts': '',
    'packages/a/lib/lost.test.ts': '',
    'packages/a/src/other.spec.ts': '',
    'packages/double/src/c.test.ts': '',
  })

  const seen = (await plot.check(collectedTestsRule(projects))).map(
    ({ path, problem }) => `${path}: ${problem}`,
  )

  expect(seen).toEqual([
    'packages/a/lib/lost.test.ts: no vitest project collects this test file',
    'packages/a/src/other.spec.ts: no vitest project collects this test file',
    'packages/double/src/c.test.ts: collected by unit and suite',
  ])
})
