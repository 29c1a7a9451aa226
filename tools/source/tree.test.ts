import { expect, test } from 'vitest'
import { plant } from '../tidy/index.ts'
import { Tree } from './tree.ts'

test('installed packages, results and hidden folders are no source; .ci is', () => {
  using plot = plant({
    '.ci/run': '',
    '.cache/a.ts': '',
    'node_modules/a/index.js': '',
    'packages/a/coverage/x.js': '',
    'packages/a/src/a.ts': '',
    '.npmrc': '',
  })

  expect(new Tree(plot.root).files.map(file => file.path)).toEqual([
    '.ci/run',
    '.npmrc',
    'packages/a/src/a.ts',
  ])
})

test('tests, fixtures and everything in a test folder are told from sources', () => {
  using plot = plant({
    'a/src/a.ts': '',
    'a/src/a.test.ts': '',
    'a/src/engine.fixture.ts': '',
    'a/test/server.ts': '',
  })

  const tests = new Tree(plot.root).files.filter(file => file.isTest).map(file => file.path)

  expect(tests).toEqual(['a/src/a.test.ts', 'a/src/engine.fixture.ts', 'a/test/server.ts'])
})
