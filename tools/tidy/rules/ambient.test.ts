import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { ambientRule } from './ambient.ts'

test('every ambient source of time and randomness is caught', async () => {
  using plot = plant({
    'packages/server/src/bus/a.ts': [
      "import { setTimeout as wait } from 'node:timers/promises'",
      'const a = Date.now()',
      'const b = Math.random()',
      'setTimeout(() => a, 1)',
      'setInterval(() => b, 1)',
      'const c = new Date()',
    ].join('\n'),
  })

  const seen = (await plot.check(ambientRule({}))).map(finding => finding.line)

  expect(seen).toEqual([1, 2, 3, 4, 5, 6])
})

test('adapters, programs, bootstraps, mentions and dates of a given time are fine', async () => {
  using plot = plant({
    'packages/spi/src/clock.ts': 'export const now = () => Date.now()\n',
    'tools/a.ts': 'setTimeout(() => {}, 1)\n',
    'runtimes/nodejs/bootstrap/main.ts': 'setTimeout(() => {}, 1)\n',
    'packages/server/src/a.ts': '// Date.now() is not called\nexport const day = new Date(0)\n',
  })

  expect(await plot.check(ambientRule({ 'packages/spi/src/clock.ts': 'the clock' }))).toEqual([])
})

test('an adapter that is gone must leave the list', async () => {
  using plot = plant({})

  expect(await plot.check(ambientRule({ 'a.ts': 'why' }))).toHaveLength(1)
})
