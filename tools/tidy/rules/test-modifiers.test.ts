import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { testModifiersRule } from './test-modifiers.ts'

test('only, skip and todo are caught in every form', async () => {
  using plot = plant({
    'a.test.ts': [
      "test.only('a', () => {})",
      "describe.skip('b', () => {})",
      "test.concurrent.only('c', () => {})",
      "it.todo('d')",
      "test.only.each([1])('e', () => {})",
    ].join('\n'),
  })

  const seen = (await plot.check(testModifiersRule())).map(finding => finding.line)

  expect([...new Set(seen)]).toEqual([1, 2, 3, 4, 5])
})

test('a skip with a reason at run time is fine', async () => {
  using plot = plant({ 'a.test.ts': "test('a', context => context.skip('needs redis'))\n" })

  expect(await plot.check(testModifiersRule())).toEqual([])
})
