import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { manifestsRule } from './manifests.ts'

const root = '{"version":"0.1.0","license":"Apache-2.0","type":"module"}'

test('a differing version, a range and a stale internal pin are caught', async () => {
  using plot = plant({
    'package.json': root,
    'packages/a/package.json': JSON.stringify({
      version: '0.2.0',
      license: 'Apache-2.0',
      type: 'module',
      dependencies: { fastify: '^5.12.8', '@millrace/spi': '0.0.9', undici: '8.12.4' },
    }),
  })

  const seen = (await plot.check(manifestsRule())).map(finding => finding.problem)

  expect(seen).toEqual(['version is 0.2.0', 'fastify is "^5.12.8"', '@millrace/spi is "0.0.9"'])
})

test('a manifest that follows the house passes', async () => {
  using plot = plant({ 'package.json': root, 'packages/a/package.json': root })

  expect(await plot.check(manifestsRule())).toEqual([])
})
