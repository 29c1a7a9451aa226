import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { defaultExportsRule } from './default-exports.ts'

test('both forms of a default export are caught, in sources and not in configurations', async () => {
  using plot = plant({
    'packages/a/src/a.ts': 'const a = 1\nexport default a\n',
    'packages/a/src/b.ts': 'const b = 1\nexport { b as default }\n',
    'packages/a/src/c.ts': 'export const text = "export default"\n',
    'vitest.config.ts': 'export default {}\n',
  })

  const seen = (await plot.check(defaultExportsRule())).map(({ path, line }) => `${path}:${line}`)

  expect(seen).toEqual(['packages/a/src/a.ts:2', 'packages/a/src/b.ts:2'])
})
