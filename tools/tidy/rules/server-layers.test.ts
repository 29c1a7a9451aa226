import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { serverLayersRule } from './server-layers.ts'

const at = 'packages/server/src'

test('an upward import and one between siblings are caught', async () => {
  using plot = plant({
    [`${at}/delivery/pump.ts`]: "import '../bus/index.ts'\nimport type { A } from '../ingest/index.ts'\n",
    [`${at}/ingest/accept.ts`]: "import '../functions/index.ts'\n",
  })

  const findings = await plot.check(serverLayersRule())

  expect(findings.map(({ path, line, problem }) => `${path}:${line} ${problem}`)).toEqual([
    `${at}/delivery/pump.ts:2 delivery must not import ingest, which is above it`,
    `${at}/ingest/accept.ts:1 ingest must not import functions, which is its sibling`,
  ])
})

test('a folder without a layer is caught', async () => {
  using plot = plant({ [`${at}/extras/a.ts`]: 'export const a = 1\n' })

  expect(await plot.check(serverLayersRule())).toMatchObject([{ problem: 'the folder extras has no layer' }])
})

test('downward imports and imports within a folder are fine', async () => {
  using plot = plant({
    [`${at}/http/rest/events.ts`]: "import '../error-body.ts'\nimport '../../bus/index.ts'\n",
    [`${at}/index.ts`]: "export * from './app/index.ts'\n",
  })

  expect(await plot.check(serverLayersRule())).toEqual([])
})
