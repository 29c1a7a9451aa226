import { fileURLToPath } from 'node:url'
import { assert } from '@millrace/spi'
import { runtimeSuite } from '@millrace/spi/conformance'
import { runtime } from '../src/index.ts'

/** The version that runs the tests; it needs no search path. */
async function newest() {
  const [first] = await runtime.detect({ searchPath: '' }, new AbortController().signal)
  assert(first !== undefined, 'the Node.js that runs this is installed')
  return first
}

runtimeSuite('nodejs', newest, {
  codePath: fileURLToPath(new URL('fixtures', import.meta.url)),
  handler: name => `fixtures.${name}`,
  handled: 'fixtures.handled',
  missingModule: 'absent.handler',
  missingExport: 'fixtures.absent',
  broken: { file: 'broken.mjs', text: 'export const handler = (', handler: 'broken.handler' },
})
