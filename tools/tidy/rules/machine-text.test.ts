import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { machineFolders, registryHosts } from '../house/index.ts'
import { machineTextRule } from './machine-text.ts'

const [folder = ''] = machineFolders
const [host = ''] = registryHosts

test('a path of one machine is caught in code, prose and scripts', async () => {
  using plot = plant({
    'a.ts': `\nconst path = '/${folder}/main'\n`,
    'docs/a.md': `See /${folder}/main.\n`,
    '.ci/run': `cd /${folder}/main\n`,
  })

  const seen = (await plot.check(machineTextRule({}))).map(({ path, line }) => `${path}:${line}`)

  expect(seen).toEqual(['.ci/run:1', 'a.ts:2', 'docs/a.md:1'])
})

test('a registry host is caught in the lock file and in settings', async () => {
  using plot = plant({
    'package-lock.json': `{ "resolved": "https://${host}/x" }\n`,
    '.npmrc': 'registry=http://localhost/\n',
  })

  expect(await plot.check(machineTextRule({}))).toHaveLength(2)
})

test('the same words inside another path, and listed files, are fine', async () => {
  using plot = plant({
    'a.ts': `'https://example.com/${folder}/x'\n'src/${folder}/x'\n`,
    'b.md': `/${folder}/x\n`,
  })

  expect(await plot.check(machineTextRule({ 'b.md': 'a reason' }))).toEqual([])
})
