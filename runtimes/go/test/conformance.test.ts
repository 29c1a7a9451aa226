import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from '@millrace/spi'
import { runtimeSuite } from '@millrace/spi/conformance'
import { afterAll, test } from 'vitest'
import { runtime } from '../src/index.ts'
import { buildGo, go, namedExecutables } from '../../../tools/go/index.ts'

const fixtureNames =
  'echo text object nothing context environment folders fail failValue wait gate spin exit crashLater log part flood child count'.split(
    ' ',
  )
const panics = 'a panic outside of a handler ends the process: nobody is left who could tell'
const uncancelled = 'the runtime API has no way to tell that an invocation is cancelled'

if (go === undefined) {
  test('runtime contract: go1', context => context.skip('needs go: the fixtures are built'))
} else {
  const [go1] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
  assert(go1 !== undefined, 'the runtime is always there')
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-go-'))
  afterAll(() => folder.remove())
  const executable = await buildGo(fileURLToPath(new URL('fixtures/contract', import.meta.url)))
  await namedExecutables(folder.path, executable, fixtureNames)

  runtimeSuite('go1', () => Promise.resolve(go1), {
    codePath: folder.path,
    handler: name => name,
    handled: undefined,
    missingModule: 'absent',
    missingExport: 'absent',
    broken: { file: 'main', text: 'package main', handler: 'main', errorType: 'CAFilePermission' },
    stackPlace: 'contract/main.go',
    groups: ['qualifier'],
    skips: {
      'a handler that the module does not have is named': 'the handler is the executable itself',
      'an error that nobody catches fails what runs, and the process ends': panics,
      'an error that nobody catches fails all that runs, not only its own invocation': panics,
      'output of invocations that run at once carries the mark of its own':
        'the output of a program has no owner while several invocations run',
      'a cancelled invocation is told so, and may answer': uncancelled,
      'a drained instance finishes what runs, and ends after the last': uncancelled,
    },
  })
}
