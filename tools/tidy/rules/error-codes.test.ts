import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { errorCodesRule } from './error-codes.ts'

const catalogue = (...codes: string[]) =>
  `export const errorCatalogue = {\n${codes.map(code => `  '${code}': { status: 400, description: 'x' },\n`).join('')}}\n`

test('a code in two catalogues is caught at the second', async () => {
  using plot = plant({
    'packages/a/src/errors.ts': catalogue('bus.full'),
    'packages/b/src/errors.ts': catalogue('bus.full'),
    'packages/a/src/a.ts': "throw new AppError('bus.full', 'text')\n",
  })

  expect(await plot.check(errorCodesRule())).toMatchObject([
    { path: 'packages/b/src/errors.ts', line: 2, problem: 'bus.full is also in packages/a/src/errors.ts:2' },
  ])
})

test('a thrown code without an entry is caught at its line, in sources only', async () => {
  using plot = plant({
    'packages/a/src/a.ts': "\nthrow new AppError('bus.unheard-of', 'text')\n",
    'packages/a/src/a.test.ts': "throw new AppError('bus.test', 'text')\n",
    'packages/a/src/b.ts': "throw new Error('not a code')\n",
  })

  expect(await plot.check(errorCodesRule())).toMatchObject([
    { path: 'packages/a/src/a.ts', line: 2, problem: 'bus.unheard-of is in no catalogue' },
  ])
})

test('a badly formed code is an error and one that nothing raises a warning', async () => {
  using plot = plant({
    'packages/a/src/errors.ts': catalogue('Bus_full', 'bus.never'),
    'packages/a/src/a.ts': "throw new AppError('Bus_full', 'text')\n",
  })

  const seen = (await plot.check(errorCodesRule())).map(({ line, severity }) => `${line} ${severity}`)

  expect(seen).toEqual(['2 error', '3 warning'])
})
