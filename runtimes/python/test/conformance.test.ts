import { fileURLToPath } from 'node:url'
import { runtimeSuite } from '@millrace/spi/conformance'
import { test } from 'vitest'
import { installedPythons } from './installed.ts'

const installed = await installedPythons()

for (const version of installed) {
  runtimeSuite(version.name, () => Promise.resolve(version), {
    codePath: fileURLToPath(new URL('fixtures', import.meta.url)),
    handler: name => `fixtures.${name}`,
    handled: undefined,
    missingModule: 'absent.handler',
    missingExport: 'fixtures.absent',
    groups: ['streaming', 'http', 'hooks', 'layers', 'qualifier'],
    layer: { file: 'python/of_layer.py', text: "text = 'of the layer'\n" },
    broken: { file: 'broken.py', text: 'def handler(', handler: 'broken.handler' },
  })
}

if (installed.length === 0) {
  test('runtime contract: python', context => {
    context.skip('needs python3: there is none from 3.8 on in the search path')
  })
}
