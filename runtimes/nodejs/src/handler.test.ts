import { expect, test } from 'vitest'
import { checkHandler } from './handler.ts'

const files = new Set(['index.js', 'src/typed.ts', 'a.b.mjs'])

test('a handler whose module is in the code is accepted, in folders and with dots', () => {
  for (const handler of ['index.handler', 'src/typed.main', 'a.b.run', './index.handler']) {
    expect(checkHandler(24, handler, files)).toBeUndefined()
  }
})

test('a handler whose module is not in the code is refused with the files that were looked for', () => {
  expect(checkHandler(24, 'main.handler', files)).toContain('main.js, main.mjs')
  expect(checkHandler(24, '../index.handler', files)).toContain('the code has none of')
})

test('a handler without a module or an export is refused', () => {
  for (const handler of ['handler', '.handler', 'index.']) {
    expect(checkHandler(24, handler, files)).toContain('must name a module and an export')
  }
})

test('TypeScript is refused where Node.js does not run it', () => {
  expect(checkHandler(20, 'src/typed.main', files)).toContain('needs nodejs24')
})
