import { fileURLToPath } from 'node:url'
import { runtimeSuite } from '@millrace/spi/conformance'
import { assert } from '@millrace/spi'
import { afterAll } from 'vitest'
import { runtime } from '../src/index.ts'
import { nodeServerFolder } from './code-folder.ts'

const [custom] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
assert(custom !== undefined, 'the runtime is always there')
const folder = await nodeServerFolder(fileURLToPath(new URL('fixtures/server.mjs', import.meta.url)))
afterAll(() => folder[Symbol.asyncDispose]())

runtimeSuite('custom', () => Promise.resolve(custom), {
  codePath: folder.path,
  handler: name => name,
  handled: undefined,
  missingModule: 'absent',
  missingExport: 'absent',
  broken: { file: 'bootstrap', text: '', handler: 'absent' },
  groups: ['http', 'qualifier'],
  skips: {
    'a handler of HTTP requests that fails before its answer is an error':
      'what the code answers is passed on, whatever its status',
    'a module that is not there fails the initialization, and the process ends':
      'the handler is a header for the code, which need not know it',
    'a handler that the module does not have is named':
      'the handler is a header for the code, which need not know it',
    'code that does not parse is told with the error of the language':
      'the code is a program of any language; start.test.ts has its failures',
    'output of invocations that run at once carries the mark of its own':
      'the output of a program has no owner while several invocations run',
  },
})
