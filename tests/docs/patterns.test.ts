import { type Dialect, parsePattern } from '@millrace/pattern'
import { expect, test } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'
import { Tree } from '../../tools/source/index.ts'

const tree = new Tree(repositoryRoot)
const page = tree.get('packages/pattern/PATTERNS.md')?.text ?? ''

/** The rows of the table of operators: an example, and whether only one dialect has it. */
const rows = [...page.matchAll(/^\| `(\{.*?\})`(.*?) +\|/gm)].map(([, example = '', more = '']) => ({
  example: example.replace('…', '"x"'),
  isStandardOnly: more.includes('(`standard`)'),
}))

test('the table of operators has every operator of the compiler', () => {
  const source = tree.get('packages/pattern/src/operators/index.ts')?.text ?? ''
  const known = [...source.matchAll(/^ {2}'?([\w-]+)'?: \{ parse/gm)].map(([, name = '']) => name)
  const told = rows.flatMap(({ example }) => Object.keys(JSON.parse(example) as object))

  expect(known.length).toBeGreaterThan(0)
  expect([...new Set(told)].toSorted()).toEqual(known.toSorted())
})

test('the examples of the table are patterns of the dialects that it says', () => {
  const refusedBy = (example: string, dialect: Dialect): boolean => {
    try {
      parsePattern(`{"field": [${example}]}`, { dialect })
      return false
    } catch {
      return true
    }
  }
  for (const { example, isStandardOnly } of rows) {
    expect(refusedBy(example, 'standard'), `${example} in standard`).toBe(false)
    expect(refusedBy(example, 'aliyun'), `${example} in aliyun`).toBe(isStandardOnly)
  }
})
