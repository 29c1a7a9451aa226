import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { lockFileRule } from './lock-file.ts'

const complete = '{ "packages": { "": {} } }\n'

test('a lock file without an entry for an optional package of another platform is caught', async () => {
  using plot = plant({
    'package-lock.json':
      '{ "packages": { "node_modules/a": { "optionalDependencies": { "@a/win32-x64": "1.0.0" } } } }\n',
    'site/package-lock.json': complete,
  })

  expect(await plot.check(lockFileRule())).toMatchObject([
    { path: 'package-lock.json', problem: '1 optional packages have no entry, the first is @a/win32-x64' },
  ])
})

test('each of the lock files must be there', async () => {
  using plot = plant({ 'package-lock.json': complete })

  expect(await plot.check(lockFileRule())).toMatchObject([{ path: 'site/package-lock.json' }])
})
