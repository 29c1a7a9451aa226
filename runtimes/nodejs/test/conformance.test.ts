import { fileURLToPath } from 'node:url'
import { runtimeSuite } from '@millrace/spi/conformance'
import { runtime } from '../src/index.ts'

/** The version that runs the tests, and whatever others this machine has. */
const searchPath = process.env['PATH'] ?? ''
const installed = await runtime.detect({ searchPath }, new AbortController().signal)

for (const version of installed) {
  runtimeSuite(version.name, () => Promise.resolve(version), {
    codePath: fileURLToPath(new URL('fixtures', import.meta.url)),
    handler: name => `fixtures.${name}`,
    handled: 'fixtures.handled',
    missingModule: 'absent.handler',
    missingExport: 'fixtures.absent',
    groups: ['streaming', 'http', 'hooks', 'layers', 'qualifier'],
    layer: { file: 'nodejs/node_modules/of-layer/index.js', text: "exports.text = 'of the layer'\n" },
    broken: { file: 'broken.mjs', text: 'export const handler = (', handler: 'broken.handler' },
  })
}
