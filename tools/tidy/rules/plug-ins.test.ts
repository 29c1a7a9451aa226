import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { plugInsRule } from './plug-ins.ts'

const complete = {
  'connectors/redis/package.json': '{"millrace":{"kind":"connector","system":"redis"}}',
  'connectors/redis/README.md': '# redis\n',
  'connectors/redis/src/index.ts': '',
  'connectors/redis/src/options.ts': '',
  'connectors/redis/src/errors.ts': '',
  'connectors/redis/test/conformance.test.ts': "import '@millrace/spi/conformance'\n",
}

test('a complete connector passes', async () => {
  using plot = plant(complete)

  expect(await plot.check(plugInsRule())).toEqual([])
})

test('every missing part of a plug-in is named', async () => {
  using plot = plant({ 'runtimes/ruby/src/index.ts': '' })

  const problems = (await plot.check(plugInsRule())).map(finding => finding.problem)

  expect(problems).toEqual([
    'the runtime lacks package.json',
    'the runtime lacks README.md',
    'the runtime lacks bootstrap/',
    'the runtime lacks test/conformance.test.ts',
  ])
})

test('a manifest with another name than the folder, and a suite that calls none, are caught', async () => {
  using plot = plant({
    ...complete,
    'connectors/redis/package.json': '{"millrace":{"kind":"connector","system":"kafka"}}',
    'connectors/redis/test/conformance.test.ts': '',
  })

  const findings = await plot.check(plugInsRule())

  expect(findings.map(finding => finding.problem)).toEqual([
    'millrace.system is "kafka"',
    'does not call a suite of @millrace/spi/conformance',
  ])
})
