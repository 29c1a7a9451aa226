import { expect, test } from 'vitest'
import { checkHandler } from './handler.ts'

const files = new Set([
  'index.py',
  'src/typed.py',
  'pack/__init__.py',
  'fast.cpython-312-x86_64-linux-gnu.so',
])

test('a handler whose module is in the code is accepted: in folders, as a package, as an extension', () => {
  for (const handler of [
    'index.handler',
    './index.handler',
    'src/typed.main',
    'src.typed.main',
    'pack.run',
    'fast.run',
  ]) {
    expect(checkHandler(handler, files)).toBeUndefined()
  }
})

test('a handler whose module is not in the code is refused with the files that were looked for', () => {
  expect(checkHandler('src.main.handler', files)).toContain('neither src/main.py nor src/main/__init__.py')
  expect(checkHandler('../index.handler', files)).toContain('the code has neither')
})

test('a handler without a module or a function is refused', () => {
  for (const handler of ['handler', '.handler', 'index.']) {
    expect(checkHandler(handler, files)).toContain('must name a module and a function')
  }
})
