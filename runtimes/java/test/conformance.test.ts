import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runtimeSuite } from '@millrace/spi/conformance'
import { afterAll, test } from 'vitest'
import { compileJava, fixturesFolder, installedJava } from './compiled.ts'

const java = await installedJava()

if (java === undefined) {
  test('runtime contract: java', context => {
    context.skip('needs java: there is no JDK from 17 on in the search path')
  })
} else {
  const codePath = await compileJava(java, join(fixturesFolder, 'Fixtures.java'))
  afterAll(() => rm(codePath, { recursive: true, force: true }))
  runtimeSuite(java.name, () => Promise.resolve(java), {
    codePath,
    handler: name => `Fixtures::${name}`,
    handled: undefined,
    missingModule: 'Absent::handleRequest',
    missingExport: 'Fixtures::absent',
    broken: {
      file: 'Broken.class',
      text: 'no class file',
      handler: 'Broken::handleRequest',
      errorType: 'ClassFormatError',
    },
    stackPlace: 'Fixtures.java',
    groups: ['hooks', 'qualifier'],
  })
}
