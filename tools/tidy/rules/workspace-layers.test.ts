import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { workspaceLayersRule } from './workspace-layers.ts'

const manifest = (name: string) => JSON.stringify({ name, exports: { '.': './src/index.ts' } })
const house = {
  'packages/spi/package.json': manifest('@millrace/spi'),
  'packages/server/package.json': manifest('@millrace/server'),
  'connectors/http/package.json': manifest('@millrace/connector-http'),
}

test('a plug-in that imports the server is caught at its line', async () => {
  using plot = plant({
    ...house,
    'connectors/http/src/sink.ts': "import '@millrace/spi'\nimport { app } from '@millrace/server'\n",
  })

  const findings = await plot.check(workspaceLayersRule())

  expect(findings).toMatchObject([
    {
      rule: 'workspace-layers',
      path: 'connectors/http/src/sink.ts',
      line: 2,
      problem: 'connectors/http must not import packages/server',
    },
  ])
})

test('a type-only import obeys the same table', async () => {
  using plot = plant({
    ...house,
    'packages/spi/src/index.ts': "import type { App } from '@millrace/server'\n",
  })

  expect(await plot.check(workspaceLayersRule())).toHaveLength(1)
})

test('a relative path into another workspace and a door that is not exported are caught', async () => {
  using plot = plant({
    ...house,
    'packages/server/src/a.ts': "import '../../spi/src/clock.ts'\nimport '@millrace/spi/src/clock.ts'\n",
  })

  const problems = (await plot.check(workspaceLayersRule())).map(finding => finding.problem)

  expect(problems).toEqual([
    '../../spi/src/clock.ts reaches into packages/spi',
    '@millrace/spi/src/clock.ts is not exported by packages/spi',
  ])
})

test('downward imports, and any import in a test, are fine', async () => {
  using plot = plant({
    ...house,
    'packages/server/src/a.ts': "import '@millrace/spi'\n",
    'packages/server/src/a.test.ts': "import '@millrace/connector-http'\n",
  })

  expect(await plot.check(workspaceLayersRule())).toEqual([])
})
