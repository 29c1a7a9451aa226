import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { doorsRule } from './doors.ts'

const at = 'packages/server/src'

test('an import past the index of a folder is caught, upwards over a sibling and downwards', async () => {
  using plot = plant({
    [`${at}/delivery/pump.ts`]: "import '../bus/route.ts'\nimport './queue/list.ts'\n",
  })

  const findings = await plot.check(doorsRule())

  expect(findings.map(({ line, advice }) => `${line} ${advice}`)).toEqual([
    `1 import from ${at}/bus/index.ts`,
    `2 import from ${at}/delivery/queue/index.ts`,
  ])
})

test('doors, neighbours and the files of the folders around are fine', async () => {
  using plot = plant({
    [`${at}/http/rest/events.ts`]:
      "import '../error-body.ts'\nimport '../../bus/index.ts'\nimport './list.ts'\n",
  })

  expect(await plot.check(doorsRule())).toEqual([])
})

test('an inner door is open to the outside only when the house lists it', async () => {
  using plot = plant({ [`${at}/delivery/a.ts`]: "import '../bus/transform/index.ts'\n" })

  expect(await plot.check(doorsRule({}))).toHaveLength(1)
  expect(await plot.check(doorsRule({ [`${at}/bus/transform`]: 'a reason' }))).toEqual([])
})

test('tests beside the package may open the files of its source folder, not deeper', async () => {
  using plot = plant({
    'connectors/http/test/errors.test.ts': "import '../src/errors.ts'\nimport '../src/pool/entry.ts'\n",
  })

  expect(await plot.check(doorsRule())).toMatchObject([{ line: 2 }])
})

test('the folders in tools and the like have doors of their own', async () => {
  using plot = plant({
    'benchmarks/main.ts': "import '../tools/process/index.ts'\nimport '../tools/process/run.ts'\n",
  })

  expect(await plot.check(doorsRule())).toMatchObject([{ line: 2 }])
})
