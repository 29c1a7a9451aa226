import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { todoRule } from './todo.ts'

test('a note without an issue is caught in line and block comments', async () => {
  using plot = plant({ 'a.ts': '// TODO later\n/*\n * FIXME: soon\n */\n// TODO(#12): with an issue\n' })

  const seen = (await plot.check(todoRule())).map(finding => finding.line)

  expect(seen).toEqual([1, 3])
})

test('the word inside a string is no note', async () => {
  using plot = plant({ 'a.ts': "export const text = 'TODO later'\n" })

  expect(await plot.check(todoRule())).toEqual([])
})
