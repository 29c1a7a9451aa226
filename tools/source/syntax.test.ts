import { expect, test } from 'vitest'
import { Syntax } from './syntax.ts'

test('every way to name a module is seen, with its line', () => {
  const syntax = new Syntax(
    'a.ts',
    [
      "import type { A } from './a.ts'",
      "import { b } from './b.ts'",
      "export * from './c.ts'",
      "export { d } from './d.ts'",
      "const e = await import('./e.ts')",
      "type F = import('./f.ts').F",
      "import './g.ts'",
      'const computed = await import(name)',
    ].join('\n'),
  )

  const seen = syntax.requests().map(({ specifier, line }) => `${specifier}:${line}`)

  expect(seen.toSorted()).toEqual([
    './a.ts:1',
    './b.ts:2',
    './c.ts:3',
    './d.ts:4',
    './e.ts:5',
    './f.ts:6',
    './g.ts:7',
  ])
})

test('text inside strings and comments is not an import', () => {
  const syntax = new Syntax('a.ts', "// import './a.ts'\nconst text = \"import './b.ts'\"\n")

  expect(syntax.requests()).toEqual([])
})
