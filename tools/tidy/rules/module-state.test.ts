import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { moduleStateRule } from './module-state.ts'

test('a top-level let is caught, exported or not; local ones and constants are fine', async () => {
  using plot = plant({
    'packages/a/src/a.ts':
      'let a = 1\nexport let b = 2\nconst c = 3\nexport function d() {\n  let e = 4\n  return e\n}\n',
    'packages/a/src/a.test.ts': 'let a = 1\n',
  })

  const seen = (await plot.check(moduleStateRule())).map(({ path, line }) => `${path}:${line}`)

  expect(seen).toEqual(['packages/a/src/a.ts:1', 'packages/a/src/a.ts:2'])
})
