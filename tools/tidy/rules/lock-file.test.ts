import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { lockFileRule } from './lock-file.ts'

test('a lock file that npm ci would refuse is caught', async () => {
  using plot = plant({
    'package-lock.json': '{"packages":{"node_modules/a":{"optionalDependencies":{"@a/darwin-x64":"1.0.0"}}}}',
  })
  using none = plant({})

  expect(await plot.check(lockFileRule())).toMatchObject([
    { problem: expect.stringContaining('@a/darwin-x64') },
  ])
  expect(await none.check(lockFileRule())).toHaveLength(1)
})
