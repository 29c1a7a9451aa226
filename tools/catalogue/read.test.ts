import { expect, test } from 'vitest'
import { plant } from '../tidy/index.ts'
import { Tree } from '../source/index.ts'
import { readCatalogues } from './read.ts'

test('catalogues are read in every form that the sources use', () => {
  using plot = plant({
    'packages/a/src/errors.ts':
      "export const errorCatalogue: ErrorCatalogue = {\n  'a.one': { status: 400, description: 'First.' },\n}\n",
    'packages/b/src/errors.ts':
      "export const busErrorCatalogue = {\n  'b.two': { status: 409, description: 'A ' + `sum.` },\n} as const satisfies X\n",
    'packages/c/src/errors.ts':
      "export const authErrors: ErrorCatalogue = {\n  'c.three': { status: 401, description: 'Third.' },\n}\n",
    'packages/b/src/errors.test.ts':
      "const errorCatalogue = { 'test.only': { status: 1, description: '' } }\n",
  })

  const { codes, unreadable } = readCatalogues(new Tree(plot.root))

  expect(unreadable).toEqual([])
  expect(codes).toEqual([
    { code: 'a.one', status: 400, description: 'First.', path: 'packages/a/src/errors.ts', line: 2 },
    { code: 'b.two', status: 409, description: 'A sum.', path: 'packages/b/src/errors.ts', line: 2 },
    { code: 'c.three', status: 401, description: 'Third.', path: 'packages/c/src/errors.ts', line: 2 },
  ])
})

test('an entry whose sentence is computed is reported, not dropped', () => {
  using plot = plant({
    'packages/a/src/errors.ts':
      "export const errorCatalogue = {\n  'a.one': { status: 400, description: text },\n}\n",
  })

  const { codes, unreadable } = readCatalogues(new Tree(plot.root))

  expect(codes).toEqual([])
  expect(unreadable).toMatchObject([{ line: 2 }])
})
